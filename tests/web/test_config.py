"""What an installation is told from outside, and what it refuses to start with (S-41)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from palpate.web.config import BadConfig, Config, is_loopback, read_config
from tests.clinic_world import World

KEY, OTHER, THIRD = ("a7Kq2pZx9Wm4Rt6Yb1Nc8Vd3Lf5Hg0Js-" + end * 10 for end in "xyz")


def read(data: Path, **told: str) -> Config:
    return read_config({"PALPATE_DATA": str(data), **told})


STARTS: dict[str, dict[str, str]] = {
    "nothing told": {},
    "behind a proxy": {"PALPATE_SITE": "https://clinic.example", "PALPATE_PROXIES": "1"},
    "with a port": {"PALPATE_SITE": "https://clinic.example:8443", "PALPATE_PROXIES": "2"},
    "this machine by name": {"PALPATE_SITE": "http://localhost:8000"},
    "keys of its own": {"PALPATE_SESSION_KEY": KEY, "PALPATE_AUDIT_KEY": OTHER, "PALPATE_BACKUP_KEY": THIRD},
    "an older session key": {"PALPATE_SESSION_KEY": KEY, "PALPATE_OLD_SESSION_KEYS": OTHER},
    "more hosts": {"PALPATE_HOSTS": "clinic.example, tablet.example"},
    "PostgreSQL": {"DATABASE_URL": "postgresql://u:p@db/palpate"},
}
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "debug": ({"PALPATE_DEBUG": "1"}, "PALPATE_DEBUG"),
    "Django's debug": ({"DJANGO_DEBUG": "true"}, "PALPATE_DEBUG"),
    "a wildcard host": ({"PALPATE_HOSTS": "*"}, "PALPATE_HOSTS"),
    "a wildcard of subdomains": ({"PALPATE_HOSTS": "ok.example,.example.org"}, "PALPATE_HOSTS"),
    "a wildcard site": ({"PALPATE_SITE": "https://*.example", "PALPATE_PROXIES": "1"}, "PALPATE_HOSTS"),
    "plain http": ({"PALPATE_SITE": "http://clinic.example"}, "PALPATE_SITE"),
    "a site with a path": ({"PALPATE_SITE": "https://clinic.example/x", "PALPATE_PROXIES": "1"}, "PALPATE_SITE"),
    "a site with a wrong port": ({"PALPATE_SITE": "https://clinic.example:x"}, "PALPATE_SITE"),
    "no address at all": ({"PALPATE_SITE": "clinic.example"}, "PALPATE_SITE"),
    "https without its proxy": ({"PALPATE_SITE": "https://clinic.example"}, "PALPATE_PROXIES"),
    "many proxies": ({"PALPATE_PROXIES": "6"}, "PALPATE_PROXIES"),
    "proxies that are no number": ({"PALPATE_PROXIES": "²"}, "PALPATE_PROXIES"),
    "another database": ({"DATABASE_URL": "mysql://db/x"}, "DATABASE_URL"),
    "a short key": ({"PALPATE_SESSION_KEY": "hunter2"}, "PALPATE_SESSION_KEY"),
    "an example key": ({"PALPATE_SESSION_KEY": "django-insecure-" + "q8w7e6r5t4" * 5}, "PALPATE_SESSION_KEY"),
    "a key of one letter": ({"PALPATE_AUDIT_KEY": "a" * 60}, "PALPATE_AUDIT_KEY"),
    "an example for backups": ({"PALPATE_BACKUP_KEY": "changeme" * 8}, "PALPATE_BACKUP_KEY"),
    "a short older key": ({"PALPATE_OLD_SESSION_KEYS": "hunter2"}, "PALPATE_OLD_SESSION_KEYS"),
    "one key for two": ({"PALPATE_SESSION_KEY": KEY, "PALPATE_AUDIT_KEY": KEY}, "used twice"),
    "one key for trail and backups": ({"PALPATE_AUDIT_KEY": KEY, "PALPATE_BACKUP_KEY": KEY}, "used twice"),
    "no folder for anchors": ({"PALPATE_ANCHORS": "/nowhere/at/all"}, "PALPATE_ANCHORS"),
}


@pytest.mark.parametrize("told", STARTS.values(), ids=STARTS.keys())
def test_s41_sound_settings_start(tmp_path: Path, told: dict[str, str]) -> None:
    config = read(tmp_path / "data", **told)
    assert config.session_keys[0] != config.audit_key
    assert not any("*" in host for host in config.hosts)


@pytest.mark.parametrize(("told", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_s41_unsound_settings_are_refused_with_one_line_for_each(
    tmp_path: Path, told: dict[str, str], named: str
) -> None:
    with pytest.raises(BadConfig) as refused:
        read(tmp_path / "data", **told)
    assert len(refused.value.lines) == 1
    assert named in refused.value.lines[0]
    assert not any(value and value in refused.value.lines[0] for name, value in told.items() if "KEY" in name)


def test_s41_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    told = {"PALPATE_DEBUG": "1", "PALPATE_HOSTS": "*", "PALPATE_SITE": "nothing", "PALPATE_PROXIES": "many"}
    with pytest.raises(BadConfig) as refused:
        read(tmp_path / "data", **told, PALPATE_SESSION_KEY="short")
    assert len(refused.value.lines) == 5


def test_s41_keys_are_made_once_for_their_owner_alone_and_each_is_another(tmp_path: Path) -> None:
    first = read(tmp_path / "data")
    file = tmp_path / "data" / "secrets.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert read(tmp_path / "data") == first
    assert read(tmp_path / "other").audit_key != first.audit_key
    assert not list((tmp_path / "data").glob(".secrets*"))


def test_s41_a_file_of_keys_that_others_can_read_or_that_is_damaged_is_refused(tmp_path: Path) -> None:
    read(tmp_path / "data")
    file = tmp_path / "data" / "secrets.json"
    file.chmod(0o640)
    with pytest.raises(BadConfig, match="others can read it"):
        read(tmp_path / "data")
    file.chmod(0o600)
    for text in ("{", "{}", "[]"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BadConfig):
            read(tmp_path / "data")


def test_s41_there_is_no_debug_mode_and_no_wildcard_in_the_settings() -> None:
    assert settings.DEBUG is False
    assert not any("*" in host for host in settings.CONFIG.hosts)
    assert settings.SECRET_KEY != settings.AUDIT_KEY
    assert settings.CONFIG.session_keys[0] == settings.SECRET_KEY


def test_s41_a_new_session_key_signs_nobody_out(world: World, settings: object) -> None:
    client = Client()
    client.force_login(world.therapist, backend="palpate.web.signed_in.Backend")
    session = client.session.session_key
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]  # type: ignore[attr-defined]
    settings.SECRET_KEY = KEY  # type: ignore[attr-defined]
    from django.contrib.auth import get_user
    from django.http import HttpRequest

    request = HttpRequest()
    request.session = client.session
    assert get_user(request) == world.therapist
    settings.SECRET_KEY_FALLBACKS = []  # type: ignore[attr-defined]
    request.session = type(client.session)(session)
    assert not get_user(request).is_authenticated


def test_only_this_machine_counts_as_this_machine() -> None:
    assert all(is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "[::1]", "127.0.0.2"))
    assert not any(
        is_loopback(host) for host in ("0.0.0.0", "::", "192.168.1.5", "clinic.example", "", "localhost.example")
    )


def test_s41_older_keys_of_the_file_still_open_sessions(tmp_path: Path) -> None:
    read(tmp_path / "data")
    file = tmp_path / "data" / "secrets.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**told, "session": KEY, "old_session": [told["session"]]}), encoding="utf-8")
    assert read(tmp_path / "data").session_keys == (KEY, told["session"])
