"""The broker's topology: built from declarations, applied up front, compared on demand."""
