"""Settings of django-allauth and the passwords. Which line of the safety requirements each serves stands beside it."""

from __future__ import annotations

import os

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

# --- Mail, only for links to a new password (S-07). Without a server none is sent: an owner hands the link over. ---
EMAIL_HOST = os.environ.get("PALPATE_MAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("PALPATE_MAIL_PORT", "") or 587)
EMAIL_HOST_USER = os.environ.get("PALPATE_MAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("PALPATE_MAIL_PASSWORD", "")
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_USE_TLS = not EMAIL_USE_SSL
EMAIL_TIMEOUT = 10  # seconds
MAIL_FROM = os.environ.get("PALPATE_MAIL_FROM", "") if EMAIL_HOST else ""
