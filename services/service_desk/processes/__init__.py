"""Work of the service desk that needs more than one transaction."""
