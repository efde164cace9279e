"""Pages: what people may ask of their record."""
