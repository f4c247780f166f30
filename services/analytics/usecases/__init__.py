"""What analytics does in one transaction."""
