"""What accounts accepts and shows."""
