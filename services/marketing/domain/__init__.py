"""The rules of marketing."""
