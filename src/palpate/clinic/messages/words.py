"""The words of messages: shipped in every language, or the practice's own, with listed placeholders only (S-20).

No template knows a person. What can be filled in is the neutral name of the clinic, a time, and a link; nothing else
exists, so nothing else can slip into a message that lies open on a telephone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from palpate.clinic.access import messages as rows
from palpate.clinic.models import Message, MessageSettings, MessageText
from palpate.clinic.names import clean_name, clean_text
from palpate.clinic.refusals import BadInput, Conflict
from palpate.library import languages, wording

Kind = Message.Kind
KINDS: tuple[str, ...] = tuple(Kind.values)
# The purpose of the link in each kind that carries one, as `palpate.clinic.phone_links` names it.
LINKS: dict[str, str] = {
    Kind.INVITATION: "intake",
    Kind.CHECK_IN: "check_in",
    Kind.AFTER_SESSION: "after_session",
    Kind.PLAN: "plan",
}
TIMED: frozenset[str] = frozenset({Kind.REMINDER, Kind.CHECK_IN, Kind.OFFER, Kind.MOVED, Kind.CANCELLED})
LONGEST_SUBJECT, LONGEST_TEXT, LONGEST_CLINIC = 120, 480, 60  # characters; 480 are about three text messages
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

# Why a message was not sent, as it stands on the pages of the staff.
REASONS: dict[str, str] = {
    "not_asked": "nobody has asked yet whether we may write",
    "wishes_none": "wishes no messages",
    "no_email": "has no e-mail address here",
    "no_phone": "has no telephone number here that begins with + and the country",
    "no_way": "this installation has no server for such messages",
    "no_site": "this installation has no public address, so a link would lead nowhere",
    "no_link": "what the link is about is over or closed",
    "refused": "the address was refused",
    "server": "the server could not be reached",
    "login": "the server did not accept our password or certificate",
    "stale": "it came too late to be of use",
    "changed": "the appointment has changed",
    "answered": "it was answered before",
    "off": "such messages are switched off",
}


@dataclass(frozen=True)
class Words:
    """The words of one kind in one language, with their placeholders."""

    subject: str
    text: str


def codes() -> tuple[str, ...]:
    """The languages that messages are written in."""
    return languages.codes()


def language_of(told: str) -> str:
    """The language in which somebody is written to: theirs, or English where there is none such."""
    code = told.strip().casefold().replace("_", "-").split("-")[0]
    return code if code in codes() else "en"


def shipped(kind: str, language: str) -> Words:
    """The shipped words."""
    subject, text = (_phrase(language, f"messages.{kind}.{part}") for part in ("subject", "text"))
    return Words(subject, text)


def _phrase(language: str, key: str) -> str:
    """A phrase with its placeholders, in English where the language lacks it."""
    own = languages.read(language).phrases
    return str(own[key] if key in own else languages.read(languages.ENGLISH).phrases[key])


def words(kind: str, language: str) -> Words:
    """The practice's own words, or the shipped ones."""
    own = rows.own_text(kind, language)
    return Words(own.subject, own.text) if own is not None else shipped(kind, language)


def placeholders(kind: str) -> tuple[str, ...]:
    """What may be filled in, in this kind of message."""
    return ("clinic", *(("time",) if kind in TIMED else ()), *(("link",) if kind in LINKS else ()))


def check(kind: str, subject: str, text: str) -> Words:
    """A text of the practice's own, as it is stored. Errors: BadInput with the field.

    Whatever stands in braces must be listed; the text of a kind with a link must hold the link.
    """
    if kind not in KINDS:
        raise BadInput("there is no such message", "kind")
    told = Words(clean_name(subject, field="subject"), clean_text(text, field="text", longest=4 * LONGEST_TEXT).strip())
    allowed = placeholders(kind)
    for field, words, longest in (("subject", told.subject, LONGEST_SUBJECT), ("text", told.text, LONGEST_TEXT)):
        if not words:
            raise BadInput("this cannot be empty", field)
        if len(words) > longest:
            raise BadInput(f"this is {len(words)} characters long; {longest} are allowed", field)
        for name in _PLACEHOLDER.findall(words):
            if name not in allowed:
                listed = ", ".join(f"{{{name}}}" for name in allowed)
                raise BadInput(f"{{{name[:40]}}} is nothing that can be filled in; there are {listed}", field)
        if re.search(r"[{}]", _PLACEHOLDER.sub("", words)):
            raise BadInput("a brace stands alone; what is filled in is written like {clinic}", field)
    if "{link}" in told.subject:
        raise BadInput("the link belongs into the text", "subject")
    if kind in LINKS and told.text.count("{link}") != 1:
        raise BadInput("this text needs {link} in it, once", "text")
    return told


def fill(words: str, told: Mapping[str, str]) -> str:
    """The words with everything filled in. Only names are looked up, so no text can reach further."""
    return _PLACEHOLDER.sub(lambda found: told[found[1]], words)


def spoken(when: datetime, time_zone: str, language: str) -> str:
    """A time as people of a language write it, on the practice's clock: weekday, day, month, year, hours, minutes."""
    local, own = when.astimezone(ZoneInfo(time_zone)), languages.read(language)
    return f"{wording.day(own, local.date())}, {wording.clock(own, local.time())}"


def clinic_name(language: str) -> str:
    """The neutral name of the clinic; a word such as "your clinic" where the practice has set none."""
    return rows.settings_row().clinic or _phrase(language, "messages.clinic")


def save_text(kind: str, language: str, version: int, subject: str, text: str) -> MessageText:
    """Stores the practice's own words. Call inside an act. Errors: BadInput by field; Conflict (S-56)."""
    if language not in codes():
        raise BadInput("there is no such language", "language")
    told = check(kind, subject, text)
    held = rows.own_text(kind, language, to_write=True)
    if (held.version if held is not None else 0) != version:
        raise Conflict("Somebody else has changed this text meanwhile.")
    row = held or MessageText(kind=kind, language=language, version=0)
    row.subject, row.text, row.version = told.subject, told.text, row.version + 1
    row.save()
    return row


def forget_text(kind: str, language: str, version: int) -> None:
    """Goes back to the shipped words. Call inside an act. Errors: Conflict (S-56)."""
    held = rows.own_text(kind, language, to_write=True)
    if held is None or held.version != version:
        raise Conflict("Somebody else has changed this text meanwhile.")
    held.delete()


def save_settings(
    version: int, clinic: str, call_hours: int, times: Mapping[str, tuple[bool, int]], sends: tuple[time, time]
) -> MessageSettings:
    """Stores how this practice writes. Call inside an act. Errors: BadInput by field; Conflict (S-56).

    Takes  times: by kind, whether it is sent and its hours of lead; sends: from when to when messages go out.
    """
    from palpate.clinic.messages.times import CALL_HOURS, LEADS, check_hours

    name = clean_name(clinic, field="clinic")
    if len(name) > LONGEST_CLINIC:
        raise BadInput(f"this is {len(name)} characters long; {LONGEST_CLINIC} are allowed", "clinic")
    if not CALL_HOURS[0] <= call_hours <= CALL_HOURS[1]:
        raise BadInput(f"a whole number from {CALL_HOURS[0]} to {CALL_HOURS[1]}", "call_hours")
    for kind, (_, hours) in times.items():
        if kind in LEADS and not LEADS[kind].least <= hours <= LEADS[kind].most:
            raise BadInput(f"a whole number from {LEADS[kind].least} to {LEADS[kind].most}", f"hours_{kind}")
    if wrong := check_hours(*sends):
        raise BadInput(wrong, "sends_until")
    held = rows.locked_settings()
    if (held.version if held is not None else 0) != version:
        raise Conflict("Somebody else has changed this meanwhile.")
    row = held or MessageSettings(version=0)
    row.clinic, row.call_hours = name, call_hours
    row.sends_from, row.sends_until = sends
    row.times = {kind: {"on": "yes" if on else "no", "hours": hours} for kind, (on, hours) in times.items()}
    row.version += 1
    row.save()
    return row
