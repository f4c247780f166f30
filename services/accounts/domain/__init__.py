"""The rules of accounts: pure functions and closed sets."""
