"""What is accepted and shown."""
