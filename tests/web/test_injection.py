"""What people type is shown as text, on every page and to everybody, and what nobody types is refused (S-23, S-31)."""

from __future__ import annotations

import unicodedata
from collections import Counter
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.db import models

from palpate.clinic.acts import act
from palpate.web.routes import ANYONE
from tests.clinic_world import World
from tests.filled_world import another, fill
from tests.walking import STAFF, Walker, address, names_in, pages

MARK = "zqx7"
PAYLOAD = (
    MARK + "\"'><img src=x onerror=alert(1)><script>alert(1)</script></textarea><svg onload=a()>{{7*7}}{% now %}&lt;"
)
ELEMENTS = frozenset({"iframe", "object", "embed", "base", "applet", "frame", "style"})  # no page of ours has one
TEXTS = frozenset({"text", "search", "tel", "email", "url"})


class Page(HTMLParser):
    """What a browser would find: how many elements of each kind, each attribute, and the forms with their fields."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self.area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.elements[tag] += 1
        if tag in ELEMENTS:
            self.wrong.append(f"<{tag}>")
        for name, value in told.items():
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.wrong.append(f"<{tag} {name}>")
            if MARK in name or (name in ("href", "src", "action", "formaction") and "javascript:" in (value or "")):
                self.wrong.append(f"<{tag} {name}={value}>")
        ours = (told.get("src") or "").startswith(("/static/", "data:image/svg+xml"))
        if tag in ("img", "script") and not ours and told.get("type") != "application/json":
            self.wrong.append(f"<{tag} src={told.get('src')}>")
        if tag == "form":
            self.forms.append({"method": told.get("method", "get"), "action": told.get("action"), "fields": []})
        elif self.forms and tag in ("input", "textarea", "select", "button") and told.get("name"):
            self.forms[-1]["fields"].append((tag, told))
        elif self.forms and tag == "option" and self.forms[-1]["fields"] and told.get("value"):
            self.forms[-1]["fields"][-1][1].setdefault("options", []).append(told["value"])


def shape_of(page: Page) -> Counter[str]:
    """The elements of a page whose number a payload would change."""
    return Counter({tag: page.elements[tag] for tag in ("script", "img", "link", "meta", "textarea", "form")})


def test_s31_payloads_in_every_text_field_make_no_element_and_no_attribute_on_any_page(world: World) -> None:
    plain = fill(world)
    loud = another(world, world.therapist, PAYLOAD, PAYLOAD)
    with act(world.actor(world.owner), "tests", "names", change=True):
        for user in world.staff.values():
            user.name, user.title = PAYLOAD[:200], PAYLOAD[:120]
            user.save()
        world.practice.name = PAYLOAD[:200]
        world.practice.address, world.practice.phone = PAYLOAD, PAYLOAD[:40]
        world.practice.save()
        world.room.name = PAYLOAD[:200]
        world.room.save()
        world.room.site.name = PAYLOAD[:200]
        world.room.site.save()
    shown = 0
    for name in STAFF:
        if name == "colleague":
            continue
        user = world.staff[name]
        walker = Walker(user)
        for route in pages():
            for method, allowed in (("get", route.read), ("post", route.write)):
                if user.roles.isdisjoint(allowed) or ANYONE in (route.read, route.write):
                    continue
                answer = walker.ask(method, address(route, loud))
                if answer.streaming or not answer["Content-Type"].startswith("text/html"):
                    continue
                page = Page(answer.content.decode())
                assert not page.wrong, f"{method} {route.name} for {name}: {page.wrong[:3]}"
                shown += MARK in answer.content.decode()
                if method == "get" and "person" in names_in(route) and answer.status_code == 200:
                    usual = walker.ask(method, address(route, plain))
                    if usual.status_code == 200:
                        assert shape_of(page) == shape_of(Page(usual.content.decode())), f"{route.name} for {name}"
    assert shown > 60, "the payload stands on hardly any page, so this test shows nothing"


def _filled_in(fields: list[tuple[str, dict[str, Any]]], text: str) -> tuple[dict[str, Any], int]:
    """A form as somebody fills it in, with `text` in every field for free text. Returns also how many there were."""
    told: dict[str, Any] = {}
    free = 0
    for tag, field in fields:
        name, kind = field["name"], field.get("type", "text")
        if tag == "textarea" or (
            tag == "input" and kind in TEXTS and "inputmode" not in field and "readonly" not in field
        ):
            told[name], free = text, free + 1
        elif tag == "select":
            told[name] = next(iter(field.get("options", [""])))
        elif kind in ("radio", "checkbox"):
            told.setdefault(name, field.get("value", "on"))
        elif kind == "date":
            told[name] = field.get("value") or "2000-01-01"
        elif tag == "input" and kind not in ("file", "submit"):
            told[name] = field.get("value") or ("3" if field.get("inputmode") == "numeric" else "")
    return told, free


def _texts() -> set[str]:
    """Every text that the store holds."""
    found = set()
    for model in apps.get_app_config("clinic").get_models():
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, (models.CharField, models.TextField))
        ]
        if names:
            found |= {value for row in model.objects.values_list(*names) for value in row if isinstance(value, str)}
        json_fields = [field.attname for field in model._meta.concrete_fields if isinstance(field, models.JSONField)]
        if json_fields:
            found |= {str(row) for row in model.objects.values_list(*json_fields)}
    return found


def test_s23_control_characters_and_other_forms_of_letters_reach_the_store_through_no_form(world: World) -> None:
    from django.db import transaction

    own = fill(world)
    decomposed = unicodedata.normalize("NFD", f"{MARK} Zoë Ångström")
    sent = 0
    for name in ("owner", "therapist", "desk"):
        user = world.staff[name]
        walker = Walker(user)
        for route in pages():
            if user.roles.isdisjoint(route.read) or ANYONE in (route.read, route.write):
                continue
            url = address(route, own)
            answer = walker.ask("get", url)
            if answer.status_code != 200 or answer.streaming or not answer["Content-Type"].startswith("text/html"):
                continue
            for form in Page(answer.content.decode()).forms:
                if form["method"].lower() != "post" or form["action"] == "/account/sign-out/":
                    continue
                for text in (f"{MARK} bell\x07 stands", f"{MARK} nul\x00 stands", f"{MARK} caf\ufffd", decomposed):
                    told, free = _filled_in(form["fields"], text)
                    if not free:
                        break
                    sent += 1
                    with transaction.atomic():
                        walker.client.cookies.clear()
                        walker.client.cookies.load(walker.kept)
                        reply = walker.client.post(form["action"] or url, told)
                        assert reply.status_code < 500, f"{form['action'] or url}: {reply.status_code}"
                        stored = [value for value in _texts() if MARK in value]
                        transaction.set_rollback(True)
                    for value in stored:
                        assert "\x07" not in value, f"{route.name}: {value!r}"
                        assert "\\x07" not in value, f"{route.name}: {value!r}"
                        assert "\x00" not in value, f"{route.name}: {value!r}"
                        assert "\ufffd" not in value, f"{route.name}: {value!r}"
                        assert unicodedata.is_normalized("NFC", value), f"{route.name}: {value!r}"
    assert sent > 30, f"only {sent} forms were sent"
