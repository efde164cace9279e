"""Pages: glass."""
