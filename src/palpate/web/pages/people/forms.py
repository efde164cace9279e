"""The forms of people: the person, an episode, a file, a merge, an import."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms

from palpate.clinic.access.practice import therapists
from palpate.clinic.models import Person, User
from palpate.clinic.names import LONGEST_NAME
from palpate.clinic.people import CLOSE_WHY, CONTACT_BY, LONGEST, REOPEN_WHY
from palpate.web import languages
from palpate.web.pages.people.fields import Text, TypedDate

# Units of "about n ... ago", with the days of one of them; a month is the mean of the calendar's.
AGO = {"days": 1.0, "weeks": 7.0, "months": 365.2425 / 12, "years": 365.2425}


class PersonForm(forms.Form):
    """Name and birth date; the rest may stay empty."""

    given_name = Text(longest=LONGEST["given_name"], label="First name", error_messages={"required": "Write the name."})
    family_name = Text(longest=LONGEST["family_name"], label="Family name", required=False)
    birth_date = TypedDate(
        label="Birth date",
        help_text="Like 2 April 1979 or 1979-04-02.",
        error_messages={"required": "The birth date is needed: it tells people of one name apart."},
    )
    phone = Text(longest=LONGEST["phone"], label="Telephone", required=False)
    email = Text(longest=LONGEST["email"], label="E-mail", required=False)
    address = Text(longest=LONGEST["address"], rows=3, label="Address", required=False)
    emergency_contact = Text(longest=LONGEST["emergency_contact"], label="Whom to call in an emergency", required=False)
    doctor = Text(longest=LONGEST["doctor"], label="Family doctor: name and how to reach them", required=False)
    language = forms.ChoiceField(
        label="Language of what this person reads",
        required=False,
        error_messages={"invalid_choice": "There is nothing in this language yet. Choose one of the list."},
    )
    contact_by = forms.ChoiceField(
        label="May we send reminders and links?",
        required=False,
        choices=list(CONTACT_BY.items()),
        widget=forms.RadioSelect,
        help_text="Ask the person. A text message needs a number that begins with + and the country.",
    )
    therapist = forms.ChoiceField(label="Therapist who will see this person", required=False)

    def __init__(self, *args: Any, therapists: Iterable[User] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = {str(user.pk): user for user in therapists or ()}
        _choices(self, "language", _languages(str(self.initial.get("language", ""))))
        if therapists is None:
            del self.fields["therapist"]
        else:
            _choices(self, "therapist", [("", "Nobody yet"), *((id, user.name) for id, user in self.staff.items())])

    @property
    def needed(self) -> list[forms.BoundField]:
        return [self[name] for name in ("given_name", "family_name", "birth_date")]

    @property
    def more(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in ("given_name", "family_name", "birth_date")]

    def told(self) -> dict[str, str]:
        """The texts to store."""
        return {name: self.cleaned_data[name] for name in LONGEST}

    def chosen(self) -> User | None:
        return self.staff.get(self.cleaned_data.get("therapist", ""))


def contact_of(person: Person) -> dict[str, Any]:
    """What stands in the form of a person who is there already."""
    born = person.birth_date
    return {**{name: getattr(person, name) for name in LONGEST}, "birth_date": f"{born.day} {born:%B %Y}"}


def _languages(stands: str) -> list[tuple[str, str]]:
    """Every language there is, and the one that stands already: an import may have told another one."""
    there = list(languages.choices())
    return there if not stands or stands in dict(there) else [*there, (stands, f"{stands} (not there: English)")]


def _choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


class TeamForm(forms.Form):
    """A therapist who joins or leaves the care team."""

    therapist = forms.ChoiceField(label="Colleague", error_messages={"required": "Choose somebody."})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = {str(user.pk): user for user in therapists().order_by("name")}
        _choices(self, "therapist", [(id, user.name) for id, user in self.staff.items()])

    def without(self, here: Iterable[Any]) -> TeamForm:
        """The form, with those left out who are in the team already."""
        gone = {str(id) for id in here}
        _choices(self, "therapist", [(id, user.name) for id, user in self.staff.items() if id not in gone])
        return self


class EpisodeForm(forms.Form):
    """What brings the person here, and since when."""

    complaint = Text(
        longest=LONGEST_NAME,
        label="What brings you here, in the person's own words",
        error_messages={"required": "Write it in a few words, as the person says it."},
    )
    onset = TypedDate(label="When did it begin? The day, if it is known", required=False)
    ago = forms.CharField(
        label="Or about how long ago", required=False, max_length=3, widget=forms.TextInput({"inputmode": "numeric"})
    )
    unit = forms.ChoiceField(
        label="Counted in",
        required=False,
        choices=[(name, f"{name} ago") for name in AGO],
        initial="weeks",
        widget=forms.RadioSelect,
    )

    def began(self, today: date) -> date | None:
        """The day on which it began, as near as it was told; None where nobody could say."""
        if self.cleaned_data.get("onset") is not None:
            return self.cleaned_data["onset"]  # type: ignore[no-any-return]
        told = self.cleaned_data.get("ago")
        return today - timedelta(days=round(int(told) * AGO[self.cleaned_data["unit"]])) if told else None

    def clean(self) -> dict[str, Any]:
        told = dict(super().clean() or self.cleaned_data)
        ago = (told.get("ago") or "").strip()
        if ago and not (ago.isascii() and ago.isdigit()):
            self.add_error("ago", "Write a whole number in digits, such as 6.")
        elif ago and told.get("onset") is not None:
            self.add_error("ago", "Give the day or how long ago, not both.")
        elif ago and not told.get("unit"):
            self.add_error("unit", "Choose days, weeks, months or years.")
        told["ago"] = ago
        return told


class CloseForm(forms.Form):
    """Why an episode is closed."""

    why = forms.ChoiceField(
        label="Why is it closed?",
        choices=list(CLOSE_WHY.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why the episode is closed."},
    )
    more = Text(longest=120, label="In a few words", required=False)


class ReopenForm(forms.Form):
    """Why a closed episode is opened again."""

    why = forms.ChoiceField(
        label="Why is it opened again?",
        choices=list(REOPEN_WHY.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why the episode is opened again."},
    )


class UploadForm(forms.Form):
    """A file that came in."""

    title = Text(
        longest=LONGEST_NAME, label="What it is", error_messages={"required": "Say in a few words what it is."}
    )
    file = forms.FileField(
        label="PDF, JPEG or PNG, at most 10 MiB",
        error_messages={"required": "Choose a file.", "empty": "This file is empty."},
    )


class ImportForm(forms.Form):
    """A CSV file or its text, and what is to be done with people who are here already."""

    file = forms.FileField(label="CSV file", required=False, error_messages={"empty": "This file is empty."})
    text = forms.CharField(
        label="Or its text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
    )
    same = forms.ChoiceField(
        label="People who are here already",
        choices=[("skip", "Leave as they are"), ("link", "Join the therapist of their row")],
        initial="skip",
        widget=forms.RadioSelect,
    )
    alike = forms.ChoiceField(
        label="People who look like somebody who is here",
        choices=[("skip", "Leave out"), ("new", "Bring in as different people")],
        initial="skip",
        widget=forms.RadioSelect,
    )
