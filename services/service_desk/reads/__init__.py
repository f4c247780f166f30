"""Questions to the books of the service desk."""
