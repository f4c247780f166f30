"""What analytics accepts and shows."""
