"""Pages: record."""
