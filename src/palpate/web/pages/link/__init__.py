"""Pages that a clinician opens by a one-time link: no sign-in, one letter, one answer."""
