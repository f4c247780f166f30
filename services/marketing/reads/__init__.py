"""Questions to the books of marketing."""
