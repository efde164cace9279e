"""Pages: adverse."""
