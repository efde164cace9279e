"""Pages: consent."""
