"""The forms of the settings. Choices come from what there is; everything else is refused by name."""

from __future__ import annotations

from typing import Any

from django import forms

from palpate.clinic.access import practice as the
from palpate.clinic.keys import LONGEST_DAYS, SCOPES
from palpate.clinic.models import Practice, Room, Site
from palpate.clinic.practice_data import IDLE_MINUTES
from palpate.clinic.publishing import shipped
from palpate.clinic.refusals import BadInput
from palpate.clinic.start import COUNTRIES
from palpate.library.place_rules import places
from palpate.pathway.pathway import Pathway
from palpate.web.pages.start.forms import time_zones

LINES = forms.Textarea(attrs={"rows": 3})


class Whole(forms.CharField):
    """A whole number in ASCII digits (S-24); Django's own field takes other alphabets' digits too."""

    def __init__(self, low: int, high: int, **kwargs: Any) -> None:
        self.low, self.high = low, high
        super().__init__(max_length=6, widget=forms.TextInput(attrs={"inputmode": "numeric"}), **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not (text.isascii() and text.isdigit() and self.low <= int(text) <= self.high):
            raise forms.ValidationError(f"a whole number from {self.low} to {self.high}")
        return int(text)


class PracticeForm(forms.Form):
    """What the practice says about itself."""

    name = forms.CharField(label="Name of the practice", max_length=200, strip=False)
    address = forms.CharField(label="Address", required=False, widget=LINES, help_text="As it stands on letters.")
    phone = forms.CharField(label="Telephone", required=False, max_length=40)
    email = forms.CharField(label="E-mail address", required=False, max_length=254)
    country = forms.ChoiceField(
        label="Country", required=False, choices=lambda: [("", "Another country"), *COUNTRIES.items()]
    )
    emergency_number = forms.CharField(
        label="Emergency number", max_length=40, help_text="Whom to call for an ambulance. It fills the emergency page."
    )
    place = forms.ChoiceField(
        label="Rules of consent", choices=lambda: list(places()), help_text="By the law of this place."
    )
    time_zone = forms.ChoiceField(label="Time zone", choices=lambda: time_zones())
    idle_minutes = Whole(
        *IDLE_MINUTES,
        label="Sign out after",
        help_text=f"Minutes without use, {IDLE_MINUTES[0]} to {IDLE_MINUTES[1]}. Shorter is safer.",
    )

    def texts(self) -> dict[str, str]:
        """The texts, as `practice_data.change_practice` takes them."""
        names = ("name", "address", "phone", "email", "country", "emergency_number")
        return {name: self.cleaned_data[name] for name in names}


def stored_practice(practice: Practice) -> dict[str, Any]:
    """The practice as the form shows it."""
    return {name: getattr(practice, name) for name in PracticeForm.base_fields}


class SiteForm(forms.Form):
    """A building."""

    name = forms.CharField(label="Name", max_length=200)
    address = forms.CharField(label="Address", required=False, widget=LINES)


class RoomForm(forms.Form):
    """A treatment room."""

    name = forms.CharField(label="Name", max_length=200)
    site = forms.ChoiceField(label="Building")
    active = forms.ChoiceField(
        label="Is it in use?",
        choices=(("yes", "Yes"), ("no", "No, it can no longer be booked")),
        initial="yes",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sites = {str(site.pk): site for site in the.sites()}
        self.fields["site"].choices = [(id, site.name) for id, site in self.sites.items()]  # type: ignore[attr-defined]

    def chosen_site(self) -> Site:
        """The building that was chosen."""
        return self.sites[self.cleaned_data["site"]]


def stored_room(room: Room) -> dict[str, Any]:
    """A room as the form shows it."""
    return {"name": room.name, "site": str(room.site_id), "active": "yes" if room.active else "no"}


class ProposeForm(forms.Form):
    """Which pathway, with which of the choices that it leaves to the practice."""

    pathway = forms.ChoiceField(label="Pathway", widget=forms.RadioSelect)

    def __init__(self, shown: Pathway, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shown = shown
        self.fields["pathway"].choices = [(id, id.replace("_", " ").capitalize()) for id in shipped()]  # type: ignore[attr-defined]
        for name, table in shown.meaning["settings"].items():
            self.fields[name] = forms.ChoiceField(
                label=table["title"], choices=list(table["values"].items()), widget=forms.RadioSelect
            )

    def settings(self) -> dict[str, str]:
        """The choices that were made, by setting."""
        return {name: self.cleaned_data[name] for name in self.shown.meaning["settings"]}


class WithdrawForm(forms.Form):
    """Why a pathway is taken out of force."""

    why = forms.CharField(
        label="Why",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        help_text="It is kept. Nothing is decided then, and no massage may be given, until another is in force.",
    )


class KeyForm(forms.Form):
    """A key of another program."""

    name = forms.CharField(label="Which program gets it?", max_length=200)
    scopes = forms.MultipleChoiceField(
        label="What may it do?", choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    days = Whole(1, LONGEST_DAYS, label="For how many days?", initial=90, help_text=f"At most {LONGEST_DAYS}.")


def put_error(form: forms.Form, bad: BadInput) -> None:
    """Puts what was wrong beside its field, or on top where there is no such field."""
    form.add_error(bad.field if bad.field in form.fields else None, bad.message)
