"""Work of accounts that takes more than one transaction."""
