"""What a practice remembers: people, episodes, sessions, measures, decisions, letters, and who did what.

A Django application without pages. Every query starts in `palpate.clinic.access`, every change happens inside an act of
`palpate.clinic.acts`, and every decision goes through `palpate.clinic.deciding`. It knows nothing of HTTP.
"""
