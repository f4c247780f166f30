"""Service desk: from the question to the answer, in time."""
