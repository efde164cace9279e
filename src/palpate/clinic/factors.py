"""The second factor: codes of an authenticator app, each good once, and ten recovery codes kept as hashes (S-02).

django-allauth brings the pages, the passkeys and the arithmetic of the codes. What it leaves to the cache or keeps in a
form that can be read back is done here: the last step of time that was used stands beside the secret, the secret is
encrypted, and of the recovery codes only hashes stay.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from palpate.clinic.access import users as rows
from palpate.clinic.models import User
from palpate.clinic.moment import now

RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is easily taken for another
_GROUPS, _GROUP = 4, 4  # 16 of 31 letters: 79 bits, so a plain salted hash cannot be tried out


def encrypt(text: str) -> str:
    """The text as it is stored, under a key of its own that comes from the installation's audit key."""
    return _cipher(settings.AUDIT_KEY).encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """The text again; an empty one when it was encrypted under another key, so that no code fits."""
    try:
        return _cipher(settings.AUDIT_KEY).decrypt(stored.encode()).decode()
    except InvalidToken:
        return ""


@lru_cache(maxsize=4)
def _cipher(key: str) -> Fernet:
    made = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"palpate second factor").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(made))


def use_code(user: User, typed: str) -> Authenticator | None:
    """Uses up a code of the authenticator app or a recovery code. Call inside a transaction.

    Returns  what the code belongs to; None when it is wrong or was used before.
    """
    code = "".join(typed.split()).replace("-", "").casefold()
    return _use_app_code(user, code) or _use_recovery_code(user, code)


def _use_app_code(user: User, code: str) -> Authenticator | None:
    app = rows.locked_authenticator(user, Authenticator.Type.TOTP)
    if app is None:
        return None
    step = step_of(decrypt(app.data["secret"]), code)
    if step is None or step <= app.data.get("last_step", -1):
        return None
    mark_step(app, step)
    return app


def step_of(secret: str, code: str) -> int | None:
    """The step of time (30 s each) of a code, if it is one of now. Source: RFC 6238, section 5.2."""
    if not secret:
        return None
    fits = None
    for step in totp.yield_hotp_counters_from_time():
        if hmac.compare_digest(totp.format_hotp_value(totp.hotp_value(secret, step)).encode(), code.encode()):
            fits = step
    return fits


def mark_step(app: Authenticator, step: int) -> None:
    """This step and all before it are used up."""
    app.data["last_step"] = step
    app.save(update_fields=["data"])


def make_recovery_codes(user: User) -> list[str]:
    """Ten new codes; the old ones stop working. Returns the codes, to be shown once."""
    rows.authenticators(user).filter(type=Authenticator.Type.RECOVERY_CODES).delete()
    codes = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)) for _ in range(10)
    ]
    salt = secrets.token_hex(16)
    hashes = [_hash(salt, code.replace("-", "")) for code in codes]
    Authenticator(user=user, type=Authenticator.Type.RECOVERY_CODES, data={"salt": salt, "hashes": hashes}).save()
    return codes


def recovery_codes_left(user: User) -> int | None:
    """How many recovery codes are left; None when none were ever made."""
    kept = rows.authenticators(user).filter(type=Authenticator.Type.RECOVERY_CODES).first()
    return len(kept.data["hashes"]) if kept is not None else None


def _use_recovery_code(user: User, code: str) -> Authenticator | None:
    kept = rows.locked_authenticator(user, Authenticator.Type.RECOVERY_CODES)
    if kept is None:
        return None
    told = _hash(kept.data["salt"], code)
    left = [known for known in kept.data["hashes"] if not hmac.compare_digest(known, told)]
    if len(left) == len(kept.data["hashes"]):
        return None
    kept.data["hashes"] = left
    kept.last_used_at = now()
    kept.save(update_fields=["data", "last_used_at"])
    return kept


def _hash(salt: str, code: str) -> str:
    return hashlib.sha256(f"{salt}|{code}".encode()).hexdigest()
