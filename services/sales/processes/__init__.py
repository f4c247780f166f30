"""Work of sales that needs more than one transaction, or accounts."""
