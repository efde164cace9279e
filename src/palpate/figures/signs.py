"""The sign and the words of each disposition, most serious first. A test holds both to those of the signed pathway.

They stand here a second time because figures and the pathway's page are two rooms that do not know each other; a
clinician who reads both must find one sign for one thing.
"""

from __future__ import annotations

from palpate.figures.shapes import Mark, n

# (words, outline in a square of 16)
SIGNS = {
    "emergency": ("Emergency", "M5 1h6l4 4v6l-4 4H5l-4-4V5z"),
    "medical_exam_first": ("Medical examination first", "M8 1l7 13H1z"),
    "do_not_massage_now": ("Do not massage now", "M2 2h4.5v12H2zM9.5 2H14v12H9.5z"),
    "physician_clearance": ("Physician clearance", "M8 1l7 7-7 7-7-7z"),
    "incomplete": (
        "Incomplete",
        "M2 3h2v2H2zM7 3h2v2H7zM12 3h2v2h-2zM2 7h2v2H2zM12 7h2v2h-2zM2 11h2v2H2zM7 11h2v2H7zM12 11h2v2h-2z",
    ),
    "change_treatment": ("Change treatment", "M1 5h9V1l5 6-5 6V9H1z"),
    "complete": ("Complete", "M2 2h12v12H2z"),
    "treat_with_precautions": ("Treat with precautions", "M8 1a7 7 0 0 1 0 14zM8 1a7 7 0 0 0 0 14V13A5 5 0 0 1 8 3z"),
    "treat": ("Treat", "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1z"),
}


def sign(x: float, y: float, disposition: str) -> Mark:
    """The sign of a disposition, its middle at x, y. Errors KeyError: no such disposition."""
    kind = disposition.replace("_", "-")
    return Mark(n(x - 8), n(y - 8), SIGNS[disposition][1], f"sign sign-{kind}")
