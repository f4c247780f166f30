"""What marketing accepts and shows."""
