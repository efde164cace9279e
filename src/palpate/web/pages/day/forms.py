"""The form of an appointment: with whom, where, when, how long."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from palpate.clinic import appointments as deeds
from palpate.clinic.access import booking
from palpate.clinic.access import practice as the
from palpate.clinic.appointments import MINUTES, USUAL, ComesTwice, Wish
from palpate.clinic.models import Episode, Person
from palpate.clinic.refusals import BadInput
from palpate.web.pages.people.fields import iso_day, sentence


class BookForm(forms.Form):
    """When and with whom. `slot` is a proposed time that was tapped, as the practice's clock shows it."""

    service = forms.ChoiceField(label="What for", required=False)
    therapist = forms.ChoiceField(label="Therapist", error_messages={"required": "Choose a therapist."})
    room = forms.ChoiceField(label="Room", required=False)
    minutes = forms.TypedChoiceField(
        label="Minutes", choices=[(str(n), f"{n} min") for n in MINUTES], coerce=int, initial=str(USUAL)
    )
    day = forms.CharField(label="Day", required=False, widget=forms.DateInput({"type": "date"}))
    time = forms.CharField(label="Time", required=False, widget=forms.TimeInput({"type": "time", "step": "300"}))
    which = forms.ChoiceField(
        label="This time comes twice that night. Which one?",
        required=False,
        choices=[("first", "The first, before the clocks go back"), ("second", "The second, after it")],
        widget=forms.RadioSelect,
    )

    outside = forms.ChoiceField(
        label="They do not work then. Book it all the same?",
        required=False,
        choices=[("yes", "Yes, outside their hours")],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, time_zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.time_zone = time_zone
        self.services = {str(row.pk): row for row in booking.services()}
        self.staff = {str(user.pk): user for user in the.therapists().order_by("name")}
        self.places = {str(room.pk): room for room in the.rooms()}
        several = len({room.site_id for room in self.places.values()}) > 1
        names = [(id, f"{room.name}, {room.site.name}" if several else room.name) for id, room in self.places.items()]
        offered = [(id, f"{row.name}, {row.minutes} min") for id, row in self.services.items()]
        for name, choices in (
            ("service", [*offered, ("", "Another length: the minutes chosen")]),
            ("therapist", [(id, user.name) for id, user in self.staff.items()]),
            ("room", [("", "No room yet"), *names]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        if not self.services:
            del self.fields["service"]
        self.asks_which = self.asks_outside = False

    def clean(self) -> dict[str, Any]:
        told = dict(super().clean() or self.cleaned_data)
        slot = str(self.data.get("slot", ""))
        day, at = (slot[:10], slot[11:]) if slot else (told.get("day", ""), told.get("time", ""))
        wall_day, wall_time = iso_day(day), clock(at)
        if wall_day is None:
            self.add_error("day", "Choose a day.")
        if wall_time is None:
            self.add_error("time", "Choose a time, such as 09:30.")
        if wall_day is not None and wall_time is not None:
            try:
                told["starts"] = deeds.instant(wall_day, wall_time, self.time_zone, told.get("which", ""))
            except BadInput as bad:
                self.asks_which = isinstance(bad, ComesTwice)
                self.add_error(bad.field, sentence(bad.message))
        return told

    def wish(self, person: Person, episode: Episode | None) -> Wish:
        """What is to be booked."""
        told = self.cleaned_data
        room, service = self.places.get(told["room"]), self.services.get(told.get("service", ""))
        minutes, turnover = (service.minutes, service.turnover_minutes) if service is not None else (told["minutes"], 0)
        return Wish(person, self.staff[told["therapist"]], room, told["starts"], minutes, episode, service, turnover,
                    outside=told.get("outside") == "yes")  # fmt: skip

    def looked_at(self, person: Person, at: datetime) -> Wish | None:
        """Therapist, room and length as they stand in the form, to propose times for; None where they are not whole."""
        told = self.data if self.is_bound else self.initial
        staff, service = self.staff.get(str(told.get("therapist", ""))), self.services.get(str(told.get("service", "")))
        minutes = str(told.get("minutes", USUAL))
        if staff is None or (service is None and minutes not in {str(n) for n in MINUTES}):
            return None
        length, turnover = (service.minutes, service.turnover_minutes) if service is not None else (int(minutes), 0)
        return Wish(person, staff, self.places.get(str(told.get("room", ""))), at, length, None, service, turnover)

    def refuse(self, bad: BadInput) -> None:
        """Puts what is wrong with a wish beside its field, and asks whether it is meant where that can be asked."""
        self.asks_outside = bad.field == "outside"
        self.add_error(bad.field if bad.field in self.fields else None, sentence(bad.message))


def clock(text: str) -> time | None:
    """A wall time such as 09:30, in ASCII digits, or None."""
    if not (len(text) == 5 and text.isascii() and text[2] == ":" and (text[:2] + text[3:]).isdigit()):
        return None
    hour, minute = int(text[:2]), int(text[3:])
    return time(hour, minute) if hour < 24 and minute < 60 else None


def slot_of(starts: datetime, time_zone: str) -> tuple[date, str, str]:
    """The day of an instant, its time in words, and the value of its button."""
    wall = starts.astimezone(ZoneInfo(time_zone))
    return wall.date(), f"{wall:%H:%M}", f"{wall:%Y-%m-%dT%H:%M}"
