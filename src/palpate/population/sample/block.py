"""One block of made-up people with their courses, from a seed and the block's number alone.

So the first thousand people are the same whether a thousand are made or a million, and memory stays bounded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from palpate.pathway.pathway import Pathway
from palpate.population.sample import shares
from palpate.population.sample.course import INTAKE, Courses, draw_courses
from palpate.population.sample.people import UNKNOWN, Draw, Flags, Ints, People, draw_people

SIZE = 10_000  # people


@dataclass
class Block:
    """People of one block, ready to be written.

    answers  what was answered at the intake (age and duration as of the decision), with what was left out
    unsure   fact -> who was asked and could not say
    whole    the people before anything was left out, for the tests of the shares
    """

    number: int
    pathway: Pathway
    whole: People
    courses: Courses
    answers: dict[str, Ints]
    unsure: dict[str, Flags]

    def now(self, name: str) -> Ints:
        """What stands of a fact on the day of the decision: what was found that day, else the intake's answer."""
        found = self.courses.now.get(name)
        told = self.answers.get(name)
        if found is None or told is None:
            only = found if found is not None else told
            assert only is not None
            return only
        return np.where(found != UNKNOWN, found, told)

    def identity(self, at: int) -> str:
        """The id of the person at this place of the block."""
        return f"ep-{self.number * SIZE + at + 1}"


def draw_block(pathway: Pathway, seed: int, number: int) -> Block:
    """The block of this number. The same seed and number always give the same people."""
    rng = np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence([seed, number])))
    draw = Draw(rng, pathway.vocabulary, SIZE)
    people = draw_people(draw)
    courses = draw_courses(draw, people, pathway)
    answers = dict(people.answers)
    broken_off = (courses.moment == INTAKE) & draw.flags(shares.HALF_DONE)
    for name, told in answers.items():
        if name in ("age_years", "pain_duration_days"):
            continue  # in a document they follow from the dates
        left_out = (broken_off & draw.flags(0.4)) | draw.flags(shares.LEFT_OUT)
        answers[name] = np.where(left_out, UNKNOWN, told).astype(np.int32)
    unsure = {}
    for name, share in shares.UNSURE.items():
        who = draw.flags(share) & (courses.now.get(name, np.full(SIZE, UNKNOWN)) == UNKNOWN)
        unsure[name] = who
        answers[name] = np.where(who, UNKNOWN, answers[name]).astype(np.int32)
    return Block(number, pathway, people, courses, answers, unsure)
