"""How hard an English text is to read: the grade of Flesch and Kincaid.

Source: Kincaid, Fishburne, Rogers and Chissom, "Derivation of new readability formulas for Navy enlisted personnel",
Research Branch Report 8-75, 1975: 0.39 x words a sentence + 11.8 x syllables a word - 15.59. The grade is a year of
school in the United States; a child of twelve is in grade 6 or 7. Syllables are counted by rule, which is right for
nine words in ten: the sum of a text is near enough, that of one word need not be.
"""

from __future__ import annotations

import re

_VOWELS = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    """About how many syllables an English word has; at least one. A number counts as one."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    if not letters:
        return 1
    count = len(_VOWELS.findall(letters))
    silent = re.search(r"[^aeiouyl]e$|[^aeiouytd]ed$|[^aeiouyscxzg]es$", letters)
    return max(count - bool(silent), 1)


def grade(text: str) -> float:
    """The grade of a text of one sentence or more."""
    words = re.findall(r"[A-Za-z0-9][A-Za-z0-9'’-]*", text)
    sentences = [part for part in re.split(r"[.!?:;]+(?:\s|$)", text) if re.search(r"\w", part)]
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
