"""Sales: from the lead to the order."""
