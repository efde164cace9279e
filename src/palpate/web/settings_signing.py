"""Settings of django-allauth and the passwords. Which line of the safety requirements each serves stands beside it."""

from __future__ import annotations

import os

from palpate.web.config_outbound import read_outside

# --- django-allauth: people sign in with their address; nobody signs up by themselves ---
ACCOUNT_ADAPTER = "palpate.web.pages.account.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds: the step-up of S-06
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGIN_TIMEOUT = 300  # seconds between the password and the second factor
ACCOUNT_LOGOUT_REDIRECT_URL = "/account/sign-in/"
ACCOUNT_RATE_LIMITS = False  # palpate.clinic.throttle counts instead, atomically and in the store (S-03)
ACCOUNT_FORMS = {
    "login": "palpate.web.pages.account.forms.SignInForm",
    "reauthenticate": "palpate.web.pages.account.forms.PasswordAgainForm",
    "change_password": "palpate.web.pages.account.forms.NewPasswordForm",
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

# --- The second factor (S-02). Recovery codes are our own: django-allauth keeps what they are made from. ---
MFA_ADAPTER = "palpate.web.pages.account.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # accounts are made by an owner, who knows whose address it is
MFA_TOTP_TOLERANCE = 1  # steps of 30 s: telephones are a little fast or slow
MFA_RATE_LIMITS = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not os.environ.get("PALPATE_SITE", "").startswith("https://")
MFA_FORMS = {
    "authenticate": "palpate.web.pages.account.forms.CodeForm",
    "reauthenticate": "palpate.web.pages.account.forms.CodeAgainForm",
    "activate_totp": "palpate.web.pages.account.forms.AddAppForm",
    "add_webauthn": "palpate.web.pages.account.forms.AddPasskeyForm",
}

# --- Passwords (S-01). Django's own list holds 20,000 common ones. ---
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "palpate.clinic.passwords.LengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "palpate.clinic.passwords.NotOurNamesValidator"},
]

# --- Mail: links to a new password (S-07) and messages to people (S-60). Without a server none is sent. ---
_OUTSIDE = read_outside(os.environ, [])  # what is wrong with it, `palpate.web.config` has said before
EMAIL_HOST = _OUTSIDE.mail_host
EMAIL_PORT = _OUTSIDE.mail_port
EMAIL_HOST_USER = _OUTSIDE.mail_user
EMAIL_HOST_PASSWORD = _OUTSIDE.mail_password
EMAIL_USE_SSL = _OUTSIDE.mail_tls == "tls"
EMAIL_USE_TLS = _OUTSIDE.mail_tls == "starttls"
EMAIL_TIMEOUT = 10  # seconds
MESSAGE_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
MAIL_FROM = _OUTSIDE.mail_from
