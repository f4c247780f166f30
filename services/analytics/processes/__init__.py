"""Work of analytics that needs the warehouse, or sales."""
