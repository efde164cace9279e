"""What of the trail is looked for: listed words and ids only (S-10)."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from palpate.clinic.access.audit_list import Wanted, categories, staff


class FilterForm(forms.Form):
    """Day, category, who, and whose record. All may be left open."""

    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    category = forms.ChoiceField(label="About", required=False)
    actor = forms.ChoiceField(label="Who", required=False)
    person = forms.CharField(
        label="Record of (id)", required=False, max_length=36, help_text="The id in the address of a person's page."
    )

    def __init__(self, *args: Any, everybody: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [("", "Everything"), *((word, word) for word in categories())]  # type: ignore[attr-defined]
        if everybody:
            people = [(str(user.pk), user.name) for user in staff()]
            self.fields["actor"].choices = [("", "Everybody"), *people, ("nobody", "Nobody signed in")]  # type: ignore[attr-defined]
        else:
            del self.fields["actor"]

    def clean_person(self) -> uuid.UUID | None:
        text = self.cleaned_data["person"].strip()
        try:
            return uuid.UUID(text) if text else None
        except ValueError:
            raise forms.ValidationError("an id has 32 letters and digits, with hyphens between them") from None

    def wanted(self, time_zone: str) -> Wanted:
        """What was asked for; days are those of the practice's own clock."""
        told, zone = self.cleaned_data, ZoneInfo(time_zone)

        def begin(day: Any) -> datetime:
            return datetime.combine(day, time(), zone).astimezone(UTC)

        until = told.get("until")
        return Wanted(
            since=begin(told["since"]) if told.get("since") else None,
            until=begin(until + timedelta(days=1)) if until else None,
            category=told.get("category", ""),
            actor=told.get("actor", ""),
            person=told.get("person"),
        )
