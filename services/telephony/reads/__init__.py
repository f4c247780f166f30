"""Questions to the book of calls."""
