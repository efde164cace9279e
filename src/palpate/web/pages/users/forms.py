"""The form of an account of the staff."""

from __future__ import annotations

from typing import Any

from django import forms

from palpate.clinic.models import User
from palpate.clinic.names import clean_name
from palpate.clinic.refusals import BadInput

FIELDS = ("name", "email", "title", "role", "treats")


class UserForm(forms.Form):
    """Who somebody is and what they may do here."""

    name = forms.CharField(label="Name", max_length=200)
    email = forms.EmailField(label="E-mail address", help_text="They sign in with it.", max_length=254)
    title = forms.CharField(
        label="Professional title and licence", required=False, max_length=120, help_text="As it stands on letters."
    )
    role = forms.ChoiceField(label="Role", choices=User.Role.choices, widget=forms.RadioSelect)
    treats = forms.ChoiceField(
        label="Does an owner treat people too?",
        help_text="Only for owners. Who does not treat sees no notes and no body maps.",
        choices=(("no", "No"), ("yes", "Yes")),
        initial="no",
        widget=forms.RadioSelect,
    )

    def clean_name(self) -> str:
        return self._text("name")

    def clean_title(self) -> str:
        return self._text("title")

    def _text(self, field: str) -> str:
        try:
            return clean_name(self.cleaned_data[field], field=field)
        except BadInput as bad:
            raise forms.ValidationError(bad.message) from bad

    def wanted(self) -> dict[str, Any]:
        """What was filled in, as `palpate.clinic.users` takes it."""
        return {**{name: self.cleaned_data[name] for name in FIELDS}, "treats": self.cleaned_data["treats"] == "yes"}


def stored(user: User) -> dict[str, Any]:
    """An account as the form shows it."""
    return {**{name: getattr(user, name) for name in FIELDS}, "treats": "yes" if user.treats else "no"}
