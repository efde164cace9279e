"""Putting a pathway in force (S-67): proposed by one owner, confirmed by another after its cases pass.

Where nobody else could confirm, an owner publishes alone: only versions that this program ships, and it has no others.
A pathway that is past its review date still decides and warns; one that was withdrawn decides nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from palpate.clinic.access import publishing as rows
from palpate.clinic.access.practice import published_pathway
from palpate.clinic.access.trail import locked_head
from palpate.clinic.actor import Actor
from palpate.clinic.acts import open_deed
from palpate.clinic.deciding import keep_copy, pathway_with
from palpate.clinic.models import PublishedPathway
from palpate.clinic.moment import now
from palpate.clinic.names import clean_text
from palpate.clinic.refusals import BadInput, Conflict, Forbidden
from palpate.library import SHIPPED
from palpate.library.cases import case_folder, cases, rule_cases, wrong_in_case, wrong_in_rule_case
from palpate.pathway.compare import compare
from palpate.pathway.faults import Faults
from palpate.pathway.pathway import Pathway

log = logging.getLogger("palpate.publishing")
SHORTEST_WHY = 10  # characters of a reason to withdraw
_kept: dict[tuple[str, str], Checked] = {}  # by id and digest: the same meaning gives the same answers


@dataclass(frozen=True)
class Checked:
    """How the cases of a pathway went: how many there are, and each that decides otherwise than it should."""

    cases: int
    wrong: tuple[str, ...]


@dataclass(frozen=True)
class InForce:
    """What decides here. `pathway` is None where nothing can decide, and `fault` then says why."""

    published: PublishedPathway | None
    pathway: Pathway | None
    fault: str
    review_by: date | None

    def is_late(self, today: date) -> bool:
        """Whether the review date has passed."""
        return self.review_by is not None and self.review_by < today


def shipped() -> tuple[str, ...]:
    """The ids of the pathways that this program ships."""
    return tuple(sorted(path.parent.name for path in SHIPPED.glob("*/00_pathway.toml")))


def chosen(pathway: str, settings: Mapping[str, str]) -> Pathway:
    """A shipped pathway with a practice's settings. Errors: BadInput, by field, for what it does not have."""
    if pathway not in shipped():
        raise BadInput("this program has no such pathway", "pathway")
    known = pathway_with(pathway).meaning["settings"]
    for name, value in settings.items():
        if name not in known:
            raise BadInput(f"this pathway has no setting {name}", name)
        if value not in known[name]["values"]:
            raise BadInput("choose one of the values", name)
    # Values that are the shipped ones are left out, so that one meaning has one digest.
    return pathway_with(pathway, told(pathway, settings))


def told(pathway: str, settings: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The settings that differ from the shipped ones, in order."""
    shipped_values = pathway_with(pathway).settings
    return tuple(sorted((name, value) for name, value in settings.items() if shipped_values.get(name) != value))


def check_cases(pathway: Pathway) -> Checked:
    """Runs every case that comes with a pathway. Takes about two seconds the first time in a process."""
    found = _kept.get((pathway.id, pathway.digest))
    if found is None:
        wrong, count = [], 0
        folder = case_folder(pathway.id)
        for rule_case in rule_cases(folder):
            count += 1
            said = wrong_in_rule_case(pathway, rule_case)
            if said:
                wrong.append(f"{rule_case.said}: {said}")
        for case in cases(folder):
            count += 1
            wrong += [f"{case.name}: {said}" for said in wrong_in_case(pathway, case)]
        found = _kept[(pathway.id, pathway.digest)] = Checked(count, tuple(wrong))
    return found


def propose(actor: Actor, pathway: str, settings: Mapping[str, str]) -> PublishedPathway:
    """Proposes a shipped pathway; in force at once where nobody else could confirm it. Call inside an act.

    Errors  BadInput by field; Conflict where it is in force already, another proposal waits, or a case fails.
    """
    locked_head()  # one proposal or confirmation at a time
    wanted = chosen(pathway, settings)
    standing = published_pathway()
    if standing is not None and standing.withdrawn_at is None and standing.digest == wanted.digest:
        raise Conflict("This version with these settings is in force already. Nothing was changed.")
    if rows.waiting() is not None:
        raise Conflict("Another proposal is waiting. Confirm or drop it first. Nothing was changed.")
    _must_pass(wanted)
    alone = not rows.other_owners(actor.user_id).exists()
    at = now()
    row = PublishedPathway(
        pathway=wanted.id,
        version_text=wanted.version,
        digest=wanted.digest,
        settings=dict(told(pathway, settings)),
        proposed_by_id=actor.user_id,
        proposed_at=at,
    )
    if alone:
        row.confirmed_by_id, row.confirmed_at = actor.user_id, at
    row.save(force_insert=True)
    keep_copy(wanted)
    open_deed().about |= {"digest": wanted.digest, "alone": alone}
    return row


def confirm(actor: Actor, published: PublishedPathway) -> PublishedPathway:
    """Puts a proposal in force. Call inside an act.

    Errors  Forbidden for the one who proposed it; Conflict where it does not wait any more, this program holds another
            version, or a case fails.
    """
    locked_head()
    row = rows.locked(published)
    if row.confirmed_at is not None or row.withdrawn_at is not None:
        raise Conflict("This proposal does not wait any more. Nothing was changed.")
    if row.proposed_by_id == actor.user_id or actor.user_id is None:
        raise Forbidden("You proposed this pathway, so somebody else has to confirm it. Nothing was changed.")
    wanted = pathway_of(row)
    if wanted is None:
        raise Conflict(
            "This program holds another version than the one proposed. Propose it again. Nothing was changed."
        )
    _must_pass(wanted)
    row.confirmed_by_id, row.confirmed_at = actor.user_id, now()
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    keep_copy(wanted)
    open_deed().about["digest"] = row.digest
    return row


def withdraw(actor: Actor, published: PublishedPathway, why: str) -> PublishedPathway:
    """Takes a pathway out of force, or drops a proposal. From then on nothing is decided by it. Call inside an act.

    Errors  BadInput without a reason; Conflict where another has replaced it already.
    """
    locked_head()
    row = rows.locked(published)
    why = clean_text(why, field="why", longest=1000).strip()
    if len(why) < SHORTEST_WHY:
        raise BadInput(f"say why, in {SHORTEST_WHY} characters or more", "why")
    standing = published_pathway()
    if row.withdrawn_at is not None or (row.confirmed_at is not None and (standing is None or standing.pk != row.pk)):
        raise Conflict("This version is not in force and does not wait. Nothing was changed.")
    row.withdrawn_at, row.withdrawn_why = now(), why
    row.save(update_fields=["withdrawn_at", "withdrawn_why"])
    open_deed().about |= {"digest": row.digest, "by": str(actor.user_id)}
    return row


def pathway_of(published: PublishedPathway) -> Pathway | None:
    """The pathway of a row, if this program holds that very version; None where it does not."""
    try:
        found = pathway_with(published.pathway, tuple(sorted(published.settings.items())))
    except (Faults, KeyError, ValueError, OSError):
        return None
    return found if found.digest == published.digest else None


def in_force() -> InForce:
    """What decides here, or why nothing does."""
    published = published_pathway()
    if published is None:
        return InForce(None, None, "No pathway is in force, so nothing can be decided.", None)
    if published.withdrawn_at is not None:
        said = (
            "The pathway was withdrawn. Nothing can be decided, and no massage may be given, until another is in force."
        )
        return InForce(published, None, said, None)
    pathway = pathway_of(published)
    if pathway is None:
        said = "This program holds another version of the pathway than the one in force, so it decides nothing."
        return InForce(published, None, said, None)
    return InForce(published, pathway, "", date.fromisoformat(pathway.meaning["pathway"]["review_by"]))


def banners(today: date, *, owner: bool = False) -> list[str]:
    """What every page must say about the pathway: that nothing can be decided, or that its review is due.

    Takes  owner: whether the page is an owner's, who is also told of a proposal that waits.
    """
    found: list[str] = []
    if owner and rows.is_waiting():
        found.append("A pathway was proposed and waits for a second owner. See Settings, Pathway.")
    try:
        standing = in_force()
    except Exception as error:  # a page about something else must not fail with the pathway
        log.error("the pathway in force could not be read", exc_info=error)
        return [*found, "The pathway in force cannot be read, so nothing can be decided."]
    if standing.fault:
        return [*found, standing.fault]
    if standing.is_late(today) and standing.review_by is not None:
        day = standing.review_by
        found.append(f"The pathway was due for review by {day.day} {day:%B %Y}. It still decides; have it reviewed.")
    return found


@lru_cache(maxsize=16)
def _compared(before: Pathway, after: Pathway) -> tuple[dict[str, Any], ...]:
    return tuple(compare(before, after))


def changes(before: Pathway | None, after: Pathway) -> tuple[dict[str, Any], ...]:
    """What is different in meaning, rules first; nothing where there is nothing to compare with."""
    return _compared(before, after) if before is not None else ()


def _must_pass(pathway: Pathway) -> None:
    checked = check_cases(pathway)
    if checked.wrong:
        raise Conflict(
            f"{len(checked.wrong)} of {checked.cases} cases decide otherwise than they should, so this version cannot "
            f"be put in force. The first: {checked.wrong[0]}"
        )
