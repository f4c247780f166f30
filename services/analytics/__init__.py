"""Analytics: from the log to the score."""
