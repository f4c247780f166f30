"""Questions to the books of sales."""
