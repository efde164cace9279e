"""The forms of the appointment book. Choices come from what there is; numbers and times are read as ASCII (S-24)."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django import forms

from palpate.clinic.access import booking
from palpate.clinic.access import practice as the
from palpate.clinic.appointments import MINUTES, USUAL
from palpate.clinic.booking import hours, offering
from palpate.clinic.booking.course import Course, Search
from palpate.clinic.booking.hours import DAYS
from palpate.clinic.models import HoursException, Room, Service, Site, TherapistHours, User
from palpate.clinic.moment import today
from palpate.web.pages.day.forms import clock
from palpate.web.pages.people.fields import Text, iso_day
from palpate.web.pages.settings.forms import Whole

WEEKDAYS = [(str(number), name[:3]) for number, name in enumerate(DAYS)]
IN_USE = (("yes", "Yes"), ("no", "No, it can no longer be booked"))


class Day(forms.CharField):
    """A day as a date field of the browser sends it, in ASCII digits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput({"type": "date"}), max_length=10, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        day = iso_day(text)
        if day is None or not 2000 <= day.year <= 2200:
            raise forms.ValidationError("Choose a day.")
        return day


class Clock(forms.CharField):
    """A wall time as a time field of the browser sends it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TimeInput({"type": "time", "step": "300"}), max_length=5, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        at = clock(text)
        if at is None:
            raise forms.ValidationError("A time is written like 09:30.")
        return at


class WhenForm(forms.Form):
    """When somebody can come."""

    days = forms.MultipleChoiceField(
        label="On these days", choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    earliest = Clock(label="Not before", required=False)
    latest = Clock(label="Over by", required=False)

    def clean(self) -> dict[str, Any]:
        told = dict(super().clean() or self.cleaned_data)
        if told.get("earliest") and told.get("latest") and told["earliest"] >= told["latest"]:
            self.add_error("latest", "This must be later than the other time.")
        return told


class CourseForm(WhenForm):
    """What is looked for when a whole course is booked."""

    therapist = forms.ChoiceField(label="Therapist", required=False)
    service = forms.ChoiceField(label="What for", required=False)

    def __init__(self, *args: Any, course: Course, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.course = course
        self.fields["from"] = Day(label="From", required=False)
        self.staff: dict[str, User] = {str(user.pk): user for user in the.therapists().order_by("name")}
        self.services: dict[str, Service] = {str(row.pk): row for row in booking.services()}
        length = max(USUAL, course.protocol.minutes)
        _choices(self, "therapist", [("", "Anybody"), *((id, user.name) for id, user in self.staff.items())])
        offered = [(id, f"{row.name}, {row.minutes} min") for id, row in self._long_enough().items()]
        _choices(self, "service", offered or [("", f"{length} minutes")])

    def _long_enough(self) -> dict[str, Service]:
        """The services in which a session of the protocol fits, the shortest first."""
        fitting = [(id, row) for id, row in self.services.items() if row.minutes >= self.course.protocol.minutes]
        return dict(sorted(fitting, key=lambda one: one[1].minutes))

    def search(self) -> Search:
        """What was asked for."""
        told = self.cleaned_data
        return Search(
            told.get("from") or today(),
            self.staff.get(told["therapist"]),
            self._service(told["service"]),
            frozenset(int(day) for day in told["days"]),
            told["earliest"],
            told["latest"],
        )

    def usual(self) -> Search:
        """What is looked for before anything was chosen."""
        told = self.initial
        therapist = self.staff.get(str(told.get("therapist", "")))
        return Search(iso_day(str(told.get("from", ""))) or today(), therapist, self._service("", therapist))

    def _service(self, id: str, therapist: User | None = None) -> Service | None:
        """The service that was chosen, else the shortest that fits and that the therapist gives."""
        offered = self._long_enough()
        given = [row for row in offered.values() if therapist and offering.who_gives(row, [therapist.pk])]
        return offered.get(id) or next(iter([*given, *offered.values()]), None)


class WaitingForm(WhenForm):
    """Somebody for the wait list."""

    therapist = forms.ChoiceField(label="Therapist", required=False)
    minutes = forms.TypedChoiceField(
        label="Minutes", choices=[(str(n), f"{n} min") for n in MINUTES], coerce=int, initial=str(USUAL)
    )
    since = Day(label="From")
    until = Day(label="Until")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff: dict[str, User] = {str(user.pk): user for user in the.therapists().order_by("name")}
        _choices(self, "therapist", [("", "Anybody"), *((id, user.name) for id, user in self.staff.items())])


class ServiceForm(forms.Form):
    """A service."""

    name = Text(label="Name", longest=200)
    minutes = Whole(5, 480, label="Minutes on the couch and for questions")
    turnover = Whole(0, 240, label="Minutes to make the room ready", initial="0",
                     help_text="Therapist and room are held for it; the person is not.")  # fmt: skip
    price = Text(label="Price", longest=12, required=False, hint="Such as 65 or 65.50.")
    active = forms.ChoiceField(label="Can it be booked?", choices=IN_USE, initial="yes", widget=forms.RadioSelect)


class RulesForm(forms.Form):
    """What the practice asks of somebody who cancels late or does not come."""

    cancel_hours = Whole(0, 336, label="Cancelling is free up to so many hours before")
    cancel_fee = Text(label="Fee for cancelling later", longest=12, hint="Such as 25 or 25.50; 0 asks nothing.")
    no_show_fee = Text(label="Fee for not coming", longest=12, hint="Such as 50; 0 asks nothing.")
    currency = Text(label="Currency", longest=3, required=False, hint="Three letters, such as EUR.")


class WeekForm(forms.Form):
    """A therapist's week from a day on: for each weekday the hours as they are typed, and the usual room."""

    since = Day(label="This week holds from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rooms: dict[str, Room] = {str(room.pk): room for room in the.rooms()}
        for number, name in enumerate(DAYS):
            self.fields[f"day_{number}"] = Text(label=name, longest=100, required=False)
            room = forms.ChoiceField(label=f"Room on {name}", required=False)
            room.choices = [("", "Any room"), *((id, row.name) for id, row in self.rooms.items())]
            self.fields[f"room_{number}"] = room

    def pairs(self) -> list[tuple[Any, Any]]:
        """For each weekday the field of its hours and that of its room."""
        return [(self[f"day_{number}"], self[f"room_{number}"]) for number in range(7)]

    def week(self) -> list[hours.Stretch]:
        """The stretches that were typed. Errors: BadInput, naming the field."""
        told = self.cleaned_data
        found: list[hours.Stretch] = []
        for number in range(7):
            room = self.rooms.get(told[f"room_{number}"])
            found += hours.stretches(number, told[f"day_{number}"], room, f"day_{number}")
        return found


def stored_week(told: list[TherapistHours], day: date) -> dict[str, Any]:
    """The week that holds on a day, as the form shows it."""
    found: dict[str, Any] = {}
    for number in range(7):
        parts = [row for row in told if row.weekday == number and row.valid_from <= day
                 and (row.valid_until is None or row.valid_until >= day)]  # fmt: skip
        found[f"day_{number}"] = hours.as_typed(parts)
        found[f"room_{number}"] = str(parts[0].room_id or "") if parts else ""
    return found


class GivesForm(forms.Form):
    """Which services a therapist gives."""

    services = forms.MultipleChoiceField(
        label="Gives only these services", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: every service, also those that are added later. What is booked stays as it is.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows: dict[str, Service] = {str(row.pk): row for row in booking.services()}
        field = self.fields["services"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(id, row.name) for id, row in self.rows.items()]

    def chosen(self) -> list[Service]:
        """The services that were ticked."""
        return [self.rows[id] for id in self.cleaned_data["services"]]


class ExceptionForm(forms.Form):
    """A day on which a week does not hold."""

    day = Day(label="Day")
    kind = forms.ChoiceField(
        label="What is different?", choices=HoursException.Kind.choices, initial="off", widget=forms.RadioSelect
    )
    begins = Clock(label="From", required=False)
    ends = Clock(label="To", required=False)


class ClosedForm(forms.Form):
    """A day on which the practice or a site of it is closed."""

    day = Day(label="Day")
    name = Text(label="Why", longest=200, hint="Such as the name of the holiday.")
    site = forms.ChoiceField(label="Where", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sites: dict[str, Site] = {str(site.pk): site for site in the.sites()}
        _choices(self, "site", [("", "The whole practice"), *((id, site.name) for id, site in self.sites.items())])


def _choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def as_clock(at: time | None) -> str:
    """A time as a time field shows it."""
    return "" if at is None else f"{at:%H:%M}"
