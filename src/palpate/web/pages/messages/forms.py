"""The forms of the settings of messages."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms

from palpate.clinic.messages.times import CALL_HOURS, LEADS
from palpate.clinic.messages.words import KINDS, LONGEST_CLINIC, LONGEST_SUBJECT
from palpate.clinic.models import Message, MessageSettings
from palpate.library.languages import Language
from palpate.web.pages.book.forms import Clock, as_clock
from palpate.web.pages.settings.forms import Whole

NAMES = dict(Message.Kind.choices)
AFTER = frozenset({Message.Kind.AFTER_SESSION})


class TimesForm(forms.Form):
    """How the practice calls itself in messages, which kinds it sends, and when."""

    clinic = forms.CharField(
        label="Name in messages",
        required=False,
        max_length=4 * LONGEST_CLINIC,
        help_text="Messages lie open on telephones: choose a name that does not say what is treated here. "
        "Left empty, they say “your clinic”.",
    )
    call_hours = Whole(
        *CALL_HOURS,
        label="Call list",
        help_text="So many hours before a visit, whoever has not answered the check-in is to be called.",
    )

    sends_from = Clock(label="Messages go out from")
    sends_until = Clock(
        label="Messages go out until",
        help_text="By the practice's clock. What is due at night waits for the morning, unless it would come too late "
        "then. The same time twice: at any hour.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in KINDS:
            self.fields[f"on_{kind}"] = forms.ChoiceField(
                label=NAMES[kind], choices=[("yes", "Send"), ("no", "Do not send")], widget=forms.RadioSelect
            )
            if kind in LEADS:
                lead = LEADS[kind]
                self.fields[f"hours_{kind}"] = Whole(
                    lead.least,
                    lead.most,
                    label=f"{NAMES[kind]}: hours {'after the session' if kind in AFTER else 'before'}",
                    help_text=f"{lead.least} to {lead.most}.",
                )

    def sends(self) -> tuple[time, time]:
        """From when to when messages go out."""
        return self.cleaned_data["sends_from"], self.cleaned_data["sends_until"]

    def times(self) -> dict[str, tuple[bool, int]]:
        """By kind: whether it is sent, and its hours of lead (0 where it has none)."""
        told = self.cleaned_data
        return {kind: (told[f"on_{kind}"] == "yes", told.get(f"hours_{kind}", 0)) for kind in KINDS}


def stored_times(row: MessageSettings) -> dict[str, Any]:
    """The settings as the form shows them."""
    found: dict[str, Any] = {"clinic": row.clinic, "call_hours": row.call_hours}
    found |= {"sends_from": as_clock(row.sends_from), "sends_until": as_clock(row.sends_until)}
    for kind in KINDS:
        kept = row.times.get(kind, {})
        found[f"on_{kind}"] = kept.get("on", "yes")
        if kind in LEADS:
            found[f"hours_{kind}"] = kept.get("hours", LEADS[kind].usual)
    return found


class TextForm(forms.Form):
    """The words of one kind of message in one language.

    Takes  language: in which they are typed, so that the fields run its way.
    """

    subject = forms.CharField(label="Subject of the e-mail", max_length=4 * LONGEST_SUBJECT)
    text = forms.CharField(
        label="Text, of e-mail and text message alike", strip=False, widget=forms.Textarea(attrs={"rows": 6})
    )

    def __init__(self, *args: Any, language: Language, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"lang": language.code, "dir": language.direction}
