"""The rules of calls and call-backs."""
