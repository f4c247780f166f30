"""What analytics looks up."""
