"""The pure core: what is known about a person goes in, a decision with its reasons and sources comes out.

No clock, no database, no network, and no file but the pathway's own document, which others read and hand over as text.
"""
