"""The form of the first start: the owner and the practice."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache
from typing import Any

from django import forms

from palpate.clinic.models import User
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import BadInput
from palpate.clinic.start import COUNTRIES, EMERGENCY_NUMBERS
from palpate.library.place_rules import DEFAULT_PLACE, places
from palpate.web.pages.account.forms import RULES, TwiceMixin, password_field


@lru_cache(maxsize=1)
def time_zones() -> list[tuple[str, str]]:
    """All places that have a time zone of their own, by continent and city."""
    continents = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    found = sorted(name for name in zoneinfo.available_timezones() if name.startswith(continents))
    return [("", "Choose…"), ("UTC", "UTC"), *((name, name.replace("_", " ")) for name in found)]


class StartForm(TwiceMixin):
    """Everything that a practice needs to begin. `code` is only asked where strangers could come first."""

    code = forms.CharField(
        label="Set-up code",
        help_text="The program wrote it where it was started.",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    practice = forms.CharField(label="Name of the practice", max_length=200)
    country = forms.ChoiceField(
        label="Country", required=False, choices=lambda: [("", "Another country"), *COUNTRIES.items()]
    )
    emergency_number = forms.CharField(
        label="Emergency number",
        required=False,
        max_length=40,
        help_text="Whom to call for an ambulance. Left empty: the number of the country.",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    place = forms.ChoiceField(
        label="Rules of consent",
        choices=lambda: list(places()),
        initial=DEFAULT_PLACE,
        help_text="By the law of this place. If yours is not here, the strictest rules of all are used.",
    )
    time_zone = forms.ChoiceField(label="Time zone", choices=lambda: time_zones())
    name = forms.CharField(label="Your name", max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    title = forms.CharField(
        label="Professional title and licence", required=False, max_length=120, help_text="As it stands on letters."
    )
    email = forms.EmailField(
        label="Your e-mail address",
        help_text="You sign in with it.",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )
    password1 = password_field("Password", RULES, new=True)
    password2 = password_field("Password once more", new=True)
    treats = forms.ChoiceField(
        label="Do you treat people yourself?",
        choices=(("yes", "Yes, I treat people"), ("no", "No, I only run the practice")),
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, needs_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_code:
            del self.fields["code"]
        self.user = User(name=self.data.get("name", ""), email=self.data.get("email", ""))
        self.user.practice_name = self.data.get("practice", "")

    def clean_practice(self) -> str:
        return self._name("practice")

    def clean_name(self) -> str:
        return self._name("name")

    def clean_title(self) -> str:
        return self._name("title")

    def _name(self, field: str) -> str:
        try:
            return clean_name(self.cleaned_data[field], field=field)
        except BadInput as bad:
            raise forms.ValidationError(bad.message) from bad

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if not given.get("emergency_number"):
            given["emergency_number"] = EMERGENCY_NUMBERS.get(given.get("country", ""), "")
        if not given["emergency_number"]:
            self.add_error("emergency_number", "Say which number to call for an ambulance where you work.")
        return given
