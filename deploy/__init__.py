"""Ways to run the house."""
