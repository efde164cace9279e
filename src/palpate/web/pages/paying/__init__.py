"""Receipts and packages."""
