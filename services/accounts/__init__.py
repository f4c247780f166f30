"""Who our customers are, and who we are: the one master record of both."""
