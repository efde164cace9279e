"""Pages: plan."""
