"""What is erased stands nowhere on the disk any more: not in the store's file, not in its log, not in the store that a
backup from before was restored to (S-49)."""

from __future__ import annotations

from pathlib import Path

from tests.installation import Installation

MARKER = "Zwischenwasserstoff"
LIVED = f"""
import django; django.setup()
from palpate.clinic import moment
from palpate.clinic.acts import act
from palpate.clinic.models import Answer, Consent, Episode, Person, Upload, User
owner, episode = User.objects.get(role="owner"), Episode.objects.get()
from tests.clinic_world import World
at, day = moment.now(), moment.today()
with act(World.actor(owner), "tests", "lived", change=True):
    person = episode.person
    person.address = person.doctor = "{MARKER} " * 9
    person.family_name = "{MARKER}"
    person.save()
    episode.complaint, episode.state, episode.closed = "{MARKER}", "closed", at
    episode.save()
    for number in range(40):
        Consent(episode=episode, kind="general", text_version="1", text="{MARKER} " * 200, place="default",
                signed_by="{MARKER}", at=at).save()
        Answer(episode=episode, fact="x", state="answered", value="{MARKER}", day=day, at=at, number=number).save()
    Upload(person=person, title="{MARKER}", media_type="application/pdf", content=b"{MARKER}" * 9000, size=1, digest="",
           at=at).save()
"""
ERASED = """
import django; django.setup()
from datetime import timedelta
from palpate.clinic import erasing
from palpate.clinic.acts import act
from palpate.clinic.models import Episode, Practice, User
from palpate.clinic.named import DESTROY
from tests.clinic_world import World
actor, person = World.actor(User.objects.get(role="owner")), Episode.objects.get().person
with act(actor, "erase", "person-erase", change=True):
    row = erasing.erase(actor, person, Practice.objects.get())
with act(actor, "erase", DESTROY, change=True):
    print(erasing.destroy(actor, row, row.until + timedelta(days=1)) > 80)
"""
LEFT = f"""
import django; django.setup()
from django.apps import apps
for model in apps.get_models():
    for row in model._default_manager.all():
        for field in model._meta.concrete_fields:
            value = getattr(row, field.attname)
            text = bytes(value).decode("latin-1") if isinstance(value, (bytes, memoryview)) else str(value)
            if "{MARKER}" in text:
                print(model.__name__, field.attname)
"""


def files_with_marker(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and MARKER.encode() in path.read_bytes()
    ]


def test_s49_the_marker_person_is_on_no_page_of_the_store_and_in_no_restored_backup(
    seeded: Installation, tmp_path: Path
) -> None:
    seeded.python(LIVED)
    assert seeded.url or files_with_marker(seeded.data)
    before = tmp_path / "before.palpate"
    assert seeded.palpate("backup", before).code == 0
    assert seeded.python(ERASED).out == "True\n"
    assert files_with_marker(seeded.data) == []
    assert seeded.python(LEFT).out == ""
    assert (seeded.data / "erased.ndjson").read_text().count("destroyed") == 1
    assert seeded.palpate("verify", "--anchors", seeded.data / "anchors.ndjson").code in (0, 2)  # 2: none written yet
    done = seeded.palpate("restore", before, "--force")
    assert done.code == 0, done.err
    assert files_with_marker(seeded.data) == []
    assert seeded.python(LEFT).out == ""
    whole = seeded.palpate("verify", "--anchors", seeded.data / "anchors.ndjson")
    assert whole.code == 0, whole.out
