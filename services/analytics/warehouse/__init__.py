"""The warehouse: what the house told, in one DuckDB file, with a door that answers named questions."""
