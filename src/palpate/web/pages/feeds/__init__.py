"""Calendar feeds: a therapist's times in their own calendar program."""
