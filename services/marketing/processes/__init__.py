"""Work of marketing that needs more than one transaction, or the mail server."""
