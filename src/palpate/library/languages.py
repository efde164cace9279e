"""What a patient reads, in the patient's language: one TOML file in `languages/` is one language.

English is the model. Another file may lack a phrase, which is then said in English and marked so; anything else that
is wrong with it, such as a word in braces that English does not have, keeps the whole file from being read. Where a
wording belongs to the pathway, `of` says for which words of the pathway it was written: a question that has changed
since is asked in the pathway's own words, since a translation of the older question could mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from palpate.library import SHIPPED
from palpate.library.consent_needs import TEXT_IDS, load_text
from palpate.library.place_rules import areas
from palpate.pathway.faults import HIDDEN, Fault, Faults, did_you_mean, listed, shown
from palpate.pathway.toml_text import place_in, read_toml

FOLDER = SHIPPED / "languages"
ENGLISH = "en"
DIRECTIONS = ("ltr", "rtl")
HEADER = "language"
PLURALS = ("zero", "one", "two", "few", "many", "other")  # the words of CLDR
COUNT = "count"  # the value that chooses the plural form
_CODE = re.compile(r"[a-z]{2,3}")
_BRACES = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"[a-z][a-z_]*")
_MARKUP = re.compile(r"[<>]|&[a-z#]")
# Signs of scripts that run from right to left: Hebrew, Arabic and their neighbours.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_ISOLATE, _END = "\u2068", "\u2069"

Phrase = str | Mapping[str, str]  # a text, or a text for each plural form


@dataclass(frozen=True)
class Language:
    """One language, read and checked.

    code       the name of its file: en, es, ...
    name       in the language itself
    direction  ltr or rtl
    locale     its name in CLDR, for days, times and numbers
    phrases    dotted key -> phrase; what is missing is said in English
    """

    code: str
    name: str
    direction: Literal["ltr", "rtl"]
    locale: str
    phrases: Mapping[str, Phrase]


@dataclass(frozen=True)
class Said:
    """A text as it is shown, with the language in which it is really written."""

    text: str
    code: str
    direction: str


def codes(folder: Path | None = None) -> tuple[str, ...]:
    """The languages that there are: English first, the others by code. Takes folder: another than ours."""
    return _codes(folder or FOLDER)


def read(code: str, folder: Path | None = None) -> Language:
    """The language of a code, or English where there is no such language: the caller sees which by `code`.

    Errors  Faults: everything wrong with its file, with file and line.
    """
    return _read(code if code in codes(folder) else ENGLISH, folder or FOLDER)


def say(language: Language | str, key: str, /, **values: str | int | float) -> str:
    """A phrase in a language, with its values in place. See `said`."""
    return said(language, key, **values).text


def said(language: Language | str, key: str, /, **values: str | int | float) -> Said:
    """A phrase in a language, or in English where the language lacks it.

    Takes   key: such as `facts.pain_now.question`. values: one for each word in braces; numbers are written as the
            language writes them, texts stand as they are. `count` also chooses the plural form.
    Errors  KeyError: English has no such phrase either. ValueError: a value is missing or too many.
    """
    own = read(language) if isinstance(language, str) else language
    if key not in own.phrases:
        own = read(ENGLISH)
    phrase = own.phrases.get(key)
    if phrase is None:
        raise KeyError(f"no phrase is called {shown(key)}{did_you_mean(key, own.phrases)}")
    names = words_of(phrase)
    if not names <= set(values) or not set(values) <= names | {COUNT}:
        raise ValueError(f"{key} needs values for {_named(names)}, and got {_named(values)}")
    text = phrase if isinstance(phrase, str) else _form(own, phrase, values)
    return Said(_BRACES.sub(lambda m: _shown(own, values[m[1]]), text), own.code, own.direction)


def words_of(phrase: Phrase) -> set[str]:
    """The words in braces that a phrase has; `count` only where it is no plural, as a form may leave it out."""
    if isinstance(phrase, str):
        return set(_BRACES.findall(phrase))
    return {word for text in phrase.values() for word in _BRACES.findall(text)} | {COUNT}


def missing(language: Language) -> list[str]:
    """The keys of English that a language lacks, in the order of the English file."""
    return [key for key in read(ENGLISH).phrases if key not in language.phrases]


# --- reading ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _codes(folder: Path) -> tuple[str, ...]:
    found = {path.stem for path in folder.glob("*.toml")} | {ENGLISH}
    return tuple(sorted(found, key=lambda code: (code != ENGLISH, code)))


@lru_cache(maxsize=16)
def _read(code: str, folder: Path) -> Language:
    path = (folder if (folder / f"{code}.toml").exists() else FOLDER) / f"{code}.toml"
    return read_language(path.name, path.read_text(encoding="utf-8"))


def read_language(file: str, text: str) -> Language:
    """A language from the text of its file. Errors: Faults, everything wrong, one line each, with file and line."""
    data = read_toml(file, text)
    if isinstance(data, Fault):
        raise Faults([data])
    code = file.removesuffix(".toml")
    faults = list(_header(file, text, code, data.get(HEADER)))
    phrases = dict(_phrases("", {name: table for name, table in data.items() if name != HEADER}))
    if code == ENGLISH:
        phrases |= _from_elsewhere()
    faults += [
        Fault(kind, _line(file, text, key), f"{key} {what}")
        for key, phrase in phrases.items()
        for kind, what in _wrong(phrase)
    ]
    if not faults:
        faults = list(_unlike_english(file, text, code, data[HEADER].get("locale", code), phrases))
    if faults:
        raise Faults(faults)
    header = data[HEADER]
    return Language(
        code, header["name"], header["direction"], header.get("locale", code), MappingProxyType(phrases)
    )  # fmt: skip


def _header(file: str, text: str, code: str, header: Any) -> Iterator[Fault]:
    keys = {"name", "direction", "locale"}
    if not _CODE.fullmatch(code):
        yield Fault(
            "wrong-code", file, f"the name of a language's file is its code of two or three letters, not {code}"
        )
    if not isinstance(header, dict) or set(header) - keys or not {"name", "direction"} <= set(header):
        yield Fault("wrong-header", file, "[language] must hold `name` and `direction`, and may hold `locale`")
        return
    for key, value in header.items():
        if not isinstance(value, str) or not value.strip() or HIDDEN.search(value):
            yield Fault("bad-text", place_in(file, text, HEADER, "", key), f"{key} of the language is no text")
            return
    if header["direction"] not in DIRECTIONS:
        what = f"direction is {shown(header['direction'])}; it must be {listed(DIRECTIONS)}"
        yield Fault("unknown-word", place_in(file, text, HEADER, "", "direction"), what)
    if _locale(header.get("locale", code)) is None:
        what = f"nothing is known of the days and numbers of {shown(header.get('locale', code))}; name a `locale`"
        yield Fault("unknown-locale", place_in(file, text, HEADER, "", "locale"), what)


def _phrases(before: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(dotted key, text or forms) of everything in a table and in the tables in it."""
    for name, value in table.items():
        key = f"{before}.{name}" if before else name
        if isinstance(value, dict) and not ("other" in value and set(value) <= set(PLURALS)):
            yield from _phrases(key, value)
        else:
            yield key, value


def _from_elsewhere() -> dict[str, Phrase]:
    """What is written in English in files of its own: the consents and the areas that they name."""
    treated = {id: area.name for id, area in areas().items() if area.treated}
    # As they stand in the middle of a sentence.
    found: dict[str, Phrase] = {f"areas.{id}": name[:1].lower() + name[1:] for id, name in treated.items()}
    for name in TEXT_IDS:
        text = load_text(name)
        found |= {f"consent.{name}.of": f"version {text.version}", f"consent.{name}.title": text.title}
        for part in text.parts:
            found[f"consent.{name}.{part.id}.heading"] = part.heading
            found |= {f"consent.{name}.{part.id}.{at}": words for at, words in enumerate(part.paragraphs, 1)}
    return found


def _wrong(phrase: Any) -> Iterator[tuple[str, str]]:
    """(kind, what) of everything wrong with one phrase by itself."""
    texts = list(phrase.values()) if isinstance(phrase, dict) else [phrase]
    if not all(isinstance(text, str) for text in texts):
        yield "wrong-type", "must be a text, or a text for each plural form"
        return
    if not all(text.strip() for text in texts) or any(HIDDEN.search(text) or "\n" in text for text in texts):
        yield "bad-text", "is empty, has more than one line or holds signs that nobody types"
    for text in texts:
        if _MARKUP.search(text):
            yield "markup", "holds markup; a phrase is plain text"
        rest = _BRACES.sub("", text)
        if "{" in rest or "}" in rest or not all(_WORD.fullmatch(word) for word in _BRACES.findall(text)):
            yield "bad-braces", "has braces that hold no simple word"


def _unlike_english(file: str, text: str, code: str, locale: str, phrases: Mapping[str, Phrase]) -> Iterator[Fault]:
    """Keys and words in braces that English does not have, wrong plural forms, and an `of` for another wording."""
    english, forms = phrases if code == ENGLISH else read(ENGLISH).phrases, _forms(locale)
    for key, phrase in phrases.items():
        model = english.get(key)
        kind = what = ""
        if model is None:
            kind, what = "unknown-key", f"English has no {key}{did_you_mean(key, english)}"
        elif isinstance(phrase, str) is not isinstance(model, str):
            kind, what = "wrong-type", f"{key} has plural forms in one language and none in the other"
        elif words_of(phrase) != words_of(model):
            kind = "other-words"
            what = f"{key} has in braces {_named(words_of(phrase))}; English has {_named(words_of(model))}"
        elif not isinstance(phrase, str) and not set(forms) <= set(phrase):
            kind, what = "plural-forms", f"{key} needs the plural forms {listed(forms)}"
        if kind:
            yield Fault(kind, _line(file, text, key), what)


def _named(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or "none"


def _line(file: str, text: str, key: str) -> str:
    table, _, last = key.rpartition(".")
    return place_in(file, text, table, "", last)


# --- words of CLDR ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _locale(name: str) -> Any:
    """Babel's locale; None where there is none. Babel is loaded only when a language is used."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        return None


@lru_cache(maxsize=16)
def _forms(name: str) -> tuple[str, ...]:
    """The plural forms that a locale needs for the whole numbers below a thousand."""
    locale = _locale(name)
    used = {locale.plural_form(number) for number in range(1000)} if locale is not None else {"other"}
    return tuple(form for form in PLURALS if form in used)


def _form(language: Language, forms: Mapping[str, str], values: Mapping[str, Any]) -> str:
    count = values.get(COUNT)
    if isinstance(count, bool) or not isinstance(count, int):
        raise ValueError(f"{COUNT} must be a whole number, not {shown(count)}")
    return forms.get(_locale(language.locale).plural_form(count), forms["other"])


def _shown(language: Language, value: str | int | float) -> str:
    """A value as it stands in a phrase.

    A text that could run the other way than the words around it, such as a telephone number among Arabic, is set apart
    for the eye, so that its parts keep their order. An address on the web begins and ends left to right by itself, and
    must not be touched: some telephones take a sign behind it for a part of it.
    """
    if not isinstance(value, str):
        return number(language, value)
    turns = language.direction == "rtl" or _RIGHT_TO_LEFT.search(value)
    return f"{_ISOLATE}{value}{_END}" if turns and not value.startswith("https://") else value


def number(language: Language, value: int | float) -> str:
    """A number as the language writes it, with the digits that CLDR names first for it (for `ar` these are 0 to 9)."""
    from babel.numbers import format_decimal

    return str(format_decimal(value, locale=language.locale, numbering_system="default"))
