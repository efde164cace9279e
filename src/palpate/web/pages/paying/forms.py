"""The forms of receipts and packages. Amounts and numbers are read as ASCII (S-24)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from palpate.clinic.access import booking
from palpate.clinic.booking.cancelling import cents_of
from palpate.clinic.models import HowPaid, RefundRule, Service
from palpate.clinic.paying.packages import MOST_SESSIONS
from palpate.clinic.paying.receipts import Asked, Item
from palpate.clinic.paying.sums import in_words
from palpate.clinic.refusals import BadInput
from palpate.web.pages.people.fields import Text, sentence
from palpate.web.pages.settings.forms import Whole


class Amount(Text):
    """An amount of money as it is typed, in hundredths; None where it is empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=12, hint="Such as 65 or 65.50.", **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return cents_of(text, "")
        except BadInput as bad:
            raise forms.ValidationError(sentence(bad.message)) from None


class How(forms.ChoiceField):
    """How it was paid, or is paid back."""

    def __init__(self, label: str) -> None:
        missing = {"required": "Say how.", "invalid_choice": "Choose one of these."}
        super().__init__(label=label, choices=HowPaid.choices, widget=forms.RadioSelect, error_messages=missing)


class ReceiptForm(forms.Form):
    """What a receipt is for. What has no price of its own gets a field for its amount, which is asked for if chosen."""

    use_required_attribute = False  # an amount is needed only while its session is chosen
    items = forms.MultipleChoiceField(
        label="What is paid", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what the receipt is for.",
                        "invalid_choice": "One of these stands on a receipt already."},
    )  # fmt: skip

    def __init__(self, *args: Any, items: Sequence[Item], currency: str, code_label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields["items"]
        assert isinstance(choices, forms.MultipleChoiceField)
        choices.choices = [(item.id, _label(item, currency)) for item in items]
        self.priceless = [item for item in items if item.cents is None]
        chosen = self.data.getlist("items") if isinstance(self.data, QueryDict) else self.initial.get("items", ())
        for item in self.priceless:
            self.fields[f"amount_{item.id}"] = Amount(
                label=f"Amount for {item.line.when}, {item.line.what}", required=item.id in chosen,
                error_messages={"required": "Say how much was paid for it."},
            )  # fmt: skip
        self.fields["how"] = How("How was it paid?")
        self.fields["referred_by"] = Text(
            label="Referred by", longest=200, required=False,
            hint="A clinician's name and number, where the insurer asks for it.",
        )  # fmt: skip
        if code_label:
            self.fields["code"] = Text(label=code_label, longest=200, required=False)

    def amounts(self) -> list[Any]:
        """The fields of amounts, for the page."""
        return [self[f"amount_{item.id}"] for item in self.priceless]

    def chosen(self) -> list[tuple[str, int | None]]:
        """What was chosen, each with the amount that was typed for it."""
        told = self.cleaned_data
        return [(id, told.get(f"amount_{id}")) for id in told["items"]]

    def asked(self) -> Asked:
        return Asked(self.cleaned_data["referred_by"], self.cleaned_data.get("code", ""))


def _label(item: Item, currency: str) -> str:
    said = [item.line.when, item.line.what]
    if item.line.more:
        said.append("from a package")
    return ", ".join([*said, in_words(item.cents, currency) if item.cents is not None else "amount below"])


class PackageForm(forms.Form):
    """A package that is sold."""

    service = forms.ChoiceField(label="Sessions of", error_messages={"required": "Choose a service."})
    sessions = Whole(1, MOST_SESSIONS, label="How many")
    price = Amount(label="Price of the whole")
    how = How("How was it paid?")

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.services: dict[str, Service] = {
            str(row.pk): row for row in booking.services() if row.price_cents is not None
        }
        choices = self.fields["service"]
        assert isinstance(choices, forms.ChoiceField)
        choices.choices = [
            (id, f"{row.name}, {row.minutes} min, {in_words(row.price_cents or 0, currency)} each")
            for id, row in self.services.items()
        ]

    def service_chosen(self) -> Service:
        return self.services[self.cleaned_data["service"]]


class RefundForm(forms.Form):
    """The rest of a package is given back."""

    how = How("How is it paid back?")


class CancelForm(forms.Form):
    """A receipt is cancelled."""

    why = Text(label="Why is it cancelled?", longest=200, hint="It stands on the cancelling receipt.")


class MoneyForm(forms.Form):
    """What stands on receipts from now on, and the rule for refunds."""

    registration = Text(label="Registration of the practice", longest=200, required=False)
    tax_number = Text(label="Tax number", longest=60, required=False)
    tax_name = Text(label="Name of the tax", longest=60, required=False, hint="Such as VAT. Empty: no tax line.")
    tax_rate = Text(label="Rate in percent", longest=6, required=False, hint="It is contained in every price.")
    tax_note = Text(label="Sentence about tax", longest=300, required=False, hint="Such as why none is charged.")
    code_label = Text(
        label="Code that insurers ask for", longest=60, required=False,
        hint="What it is called. Empty: receipts have no place for it. Never write a diagnosis there.",
    )  # fmt: skip
    refund_rule = forms.ChoiceField(
        label="When the rest of a package is refunded, we keep for the sessions given",
        choices=[(id, label[:1].upper() + label[1:]) for id, label in RefundRule.choices],
        widget=forms.RadioSelect,
    )
