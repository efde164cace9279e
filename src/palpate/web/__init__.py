"""The pages of the clinic: the only room that speaks HTTP.

A page is a `Route` (who may read and write it, and under what the audit trail files it) with a view.
`palpate.web.guard` stands before every one of them. `palpate.web.serving` runs it all.
"""
