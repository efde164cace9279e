"""The account pages. django-allauth's own table of addresses is not used: what is not here does not exist."""

from __future__ import annotations

from palpate.web.pages.account import factors, links, views
from palpate.web.routes import ANYONE, EVERY_STAFF, NONE, Route, View, roles


def _open(path: str, name: str, view: View, *, read: bool = True, write: bool = True) -> Route:
    return Route(path, name, view, ANYONE if read else NONE, ANYONE if write else NONE, category="signin")


def _staff(path: str, name: str, view: View, *, read: bool = True, write: bool = True, step_up: str = "") -> Route:
    who = EVERY_STAFF
    return Route(path, name, view, who if read else NONE, who if write else NONE, category="signin", step_up=step_up)


# Names with an underscore are those that django-allauth looks up.
ROUTES: tuple[Route, ...] = (
    _open("account/sign-in/", "account_login", views.sign_in),
    _open("account/sign-in/code/", "mfa_authenticate", views.second_factor),
    _open("account/sign-in/passkey/", "mfa_login_webauthn", views.passkey_sign_in),
    _open("account/sign-out/", "account_logout", views.sign_out, read=False),
    _open("account/password/forgotten/", "account_reset_password", links.forgotten),
    _open("account/password/forgotten/asked/", "account-asked", links.asked, write=False),
    _open("account/password/new/", "account-new-password", links.new_password),
    _staff("account/", "account-overview", views.overview, write=False),
    _staff("account/theme/", "account_theme", views.theme, read=False),
    _staff("account/again/", "account_reauthenticate", views.password_again),
    _staff("account/again/code/", "mfa_reauthenticate", views.code_again),
    _staff("account/again/passkey/", "mfa_reauthenticate_webauthn", views.passkey_again),
    _staff("account/password/", "account_change_password", views.change_password),
    _staff("account/factor/", "mfa_index", factors.index, write=False),
    Route("account/factor/switch/", "account-factor", factors.switch, NONE, roles("owner"), "signin", step_up="POST"),
    _staff("account/factor/app/", "mfa_activate_totp", factors.add_app, step_up="always"),
    _staff("account/factor/app/remove/", "mfa_deactivate_totp", factors.remove_app, step_up="always"),
    _staff("account/factor/passkeys/add/", "mfa_add_webauthn", factors.add_passkey, step_up="always"),
    _staff("account/factor/passkeys/<int:pk>/remove/", "mfa_remove_webauthn", factors.remove_passkey, step_up="always"),
    _staff("account/factor/codes/", "mfa_generate_recovery_codes", factors.codes, step_up="always"),
)
