"""Pages: session."""
