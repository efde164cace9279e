"""Laws of the outcome page's numbers: what is hidden cannot be worked out from what is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from palpate.clinic.outcomes import LEAST, share, shown_groups

sizes = st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=12)
least = st.integers(min_value=2, max_value=10)


@given(sizes, least)
def test_a_small_group_is_never_shown(sizes: list[int], least: int) -> None:
    assert all(size >= least for size, seen in zip(sizes, shown_groups(sizes, least), strict=True) if seen)


@given(sizes, least)
def test_what_is_left_of_the_total_is_nothing_or_two_groups_that_are_large_together(
    sizes: list[int], least: int
) -> None:
    shown = shown_groups(sizes, least)
    hidden = [size for size, seen in zip(sizes, shown, strict=True) if not seen]
    left = sum(sizes) - sum(size for size, seen in zip(sizes, shown, strict=True) if seen)
    assert left == 0 or (len(hidden) >= 2 and left >= least) or not any(shown)


@given(sizes, least)
def test_where_no_group_is_small_every_one_is_shown(sizes: list[int], least: int) -> None:
    assert all(shown_groups([size + least for size in sizes], least))


@given(sizes, least, st.randoms(use_true_random=False))
def test_no_more_is_hidden_than_is_needed(sizes: list[int], least: int, random: object) -> None:
    shown = shown_groups(sizes, least)
    extra = [at for at, (size, seen) in enumerate(zip(sizes, shown, strict=True)) if not seen and size >= least]
    for at in extra:
        others = [size for i, (size, seen) in enumerate(zip(sizes, shown, strict=True)) if not seen and i != at]
        larger = [i for i in extra if sizes[i] >= sizes[at]]
        # Giving back the largest of those hidden on top would leave one group alone, or too few people together.
        if at == max(larger, key=lambda i: (sizes[i], i)):
            assert len(others) < 2 or sum(others) < least


@given(st.integers(min_value=0, max_value=500), st.integers(min_value=0, max_value=500))
def test_a_share_is_a_whole_percentage_within_half_a_point(part: int, rest: int) -> None:
    whole = part + rest
    found = share(part, whole)
    assert 0 <= found <= 100
    assert abs(found * whole - 100 * part) * 2 <= whole


def test_fewer_than_five_is_too_few() -> None:
    assert LEAST == 5
    assert shown_groups([5, 5]) == [True, True]
    assert shown_groups([4, 5, 20]) == [False, False, True]
    assert shown_groups([1, 1, 9, 30]) == [False, False, False, True]
    assert shown_groups([3]) == [False]
