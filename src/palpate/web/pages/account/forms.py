"""The forms of signing in. django-allauth does the checking; labels, limits and the codes are ours."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.password_validation import validate_password

from palpate.clinic import factors
from palpate.clinic.passwords import LengthValidator

WRONG_CODE = "This code is wrong, or it was used before. Wait for the next one."
RULES = LengthValidator().get_help_text()


def password_field(label: str, hint: str = "", *, new: bool = False) -> forms.CharField:
    """A field for a password. No `maxlength`: a browser would cut what is pasted without a word (S-01)."""
    kind = "new-password" if new else "current-password"
    widget = forms.PasswordInput(attrs={"autocomplete": kind})
    return forms.CharField(label=label, help_text=hint, strip=False, widget=widget)


class TwiceMixin(forms.Form):
    """A new password, typed twice. The form has `user`: whose it will be."""

    user: Any = None

    def clean_password1(self) -> str:
        typed: str = self.cleaned_data["password1"]
        validate_password(typed, self.user)
        return typed

    def clean_password2(self) -> str:
        typed: str = self.cleaned_data["password2"]
        if "password1" in self.cleaned_data and typed != self.cleaned_data["password1"]:
            raise forms.ValidationError("This is not the same as above.")
        return typed


class SignInForm(LoginForm):  # type: ignore[misc]
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.EmailField(
            label="Your e-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
        )
        self.fields["password"] = password_field("Password")

    def clean(self) -> Any:
        cleaned = super().clean()
        if not self.errors:
            self.request.password_was_right = True
        return cleaned


class PasswordAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The password once more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field("Password")


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """The password of now and a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Password of now"
        self.fields["password1"].label = "New password"
        self.fields["password2"].label = "New password once more"
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = ""
        self.fields["password1"].help_text = RULES


def _code_field(label: str = "Code") -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
    return forms.CharField(label=label, max_length=40, widget=forms.TextInput(attrs=attrs))


class OneTimeCode(forms.Form):
    """A code of the authenticator app or a recovery code, each good once."""

    user: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = _code_field()

    def clean_code(self) -> str:
        self.authenticator = factors.use_code(self.user, self.cleaned_data["code"])
        if self.authenticator is None:
            raise forms.ValidationError(WRONG_CODE)
        self.authenticator.user = self.user
        return str(self.cleaned_data["code"])


class CodeForm(OneTimeCode, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class CodeAgainForm(OneTimeCode, CodeReauthenticateForm):  # type: ignore[misc]
    """The same, by somebody who is signed in."""


class AddAppForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of an authenticator app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = _code_field("Code that the app shows")

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split())
        if factors.step_of(self.secret, code) is None:
            raise forms.ValidationError(
                "This is not the code of now. Check the clock of the telephone, and try the next."
            )
        return code


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A passkey, with a name to tell it from others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = "Name of this passkey"
        self.fields["name"].max_length = 100
        self.fields["name"].initial = None
        self.initial["name"] = self.initial["name"] if self.is_bound else "This device"
        self.fields["passwordless"].label = "Sign in with this passkey alone, without the password"
        self.fields["passwordless"].help_text = "Only with a passkey that asks for a finger, face or PIN each time."


class ForgottenForm(forms.Form):
    """Whose password is forgotten."""

    email = forms.EmailField(label="Your e-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"}))


class LinkPasswordForm(TwiceMixin):
    """A new password, by a one-time link."""

    code = forms.CharField(
        label="Code of your link",
        help_text="It is filled in when you open the link. Otherwise type what stands after the # in it.",
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "data-from-fragment": True}),
    )
    password1 = password_field("New password", RULES, new=True)
    password2 = password_field("New password once more", new=True)

    def __init__(self, *args: Any, user: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
