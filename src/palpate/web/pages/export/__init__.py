"""Pages: export."""
