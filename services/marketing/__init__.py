"""Marketing: from the segment to the response."""
