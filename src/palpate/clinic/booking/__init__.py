"""The appointment book: what may be booked when, whole courses, the wait list, and what late cancelling costs."""
