"""Pages: decision."""
