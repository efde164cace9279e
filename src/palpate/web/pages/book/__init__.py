"""Pages: book."""
