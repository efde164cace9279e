"""The forms of the one-time link."""

from __future__ import annotations

from django import forms


class SecretForm(forms.Form):
    """The part of the link after the sign #. The page's script fills it in; without script it is typed or pasted."""

    secret = forms.CharField(
        label="Code of the link: what stands after the sign #",
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Open the whole link, or type its code."},
    )


class BirthDateForm(forms.Form):
    """The birth date of the person whom the letter is about."""

    birth_date = forms.DateField(
        label="Birth date of the person whom you examined",
        help_text="Year, month and day, such as 1979-04-02.",
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
        error_messages={
            "invalid": "Give the day as year, month and day, such as 1979-04-02.",
            "required": "Give the birth date.",
        },
    )
