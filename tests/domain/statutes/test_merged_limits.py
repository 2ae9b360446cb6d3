"""Limits of all shapes where two texts meet: limits that no packaged statute has, merged without a file."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clocks import ClockId
from domain.statutes.loader import (
    get_statute,
)
from domain.statutes.merging import MergeError, Merging
from domain.statutes.model import Clause, Limit
from domain.words import SharingClass, Unit
from tests.domain.statutes.test_overlay import CONDITIONAL, UNCONDITIONAL


def merged_limits(local: list[Limit], above: list[Limit]) -> dict[tuple[str, str | None], tuple[int, str | None]]:
    """What stands for each clock and class (amount, regulation above) when these limits meet."""
    statute, upper = get_statute("changshu-2019"), get_statute("cn-809-2025")
    own = statute.model_copy(update={"limits": (*statute.limits, *local)})
    written = upper.model_copy(update={"limits": tuple(above)}).model_dump(mode="json")
    merging = Merging(own, upper.id, {"limits": written["limits"]})
    merging.apply_rules({})
    found = [Limit.model_validate(x) for x in merging.merged["limits"]]
    return {(x.clock, x.sharing_class): (x.amount, x.clause.statute) for x in found if x.clock is ClockId.DELIVERY}


def limit(amount: int, sharing_class: SharingClass | None = None, unit: Unit = Unit.WORKING_DAY) -> Limit:
    """A limit for the delivery."""
    clause = Clause(article="22", quote="在规定的期限内提供")
    return Limit(clock=ClockId.DELIVERY, sharing_class=sharing_class, amount=amount, unit=unit, clause=clause)


NATIONAL = "cn-809-2025"


@pytest.mark.parametrize(
    ("local", "above", "stands"),
    [
        ([], [limit(20)], {None: (20, NATIONAL)}),
        ([limit(5)], [limit(20)], {None: (5, None)}),
        ([limit(20)], [limit(20)], {None: (20, None)}),
        ([limit(30)], [limit(20)], {None: (20, NATIONAL)}),
        ([limit(5), limit(30, CONDITIONAL)], [limit(20)], {None: (5, None), CONDITIONAL: (20, NATIONAL)}),
        ([limit(30), limit(5, CONDITIONAL)], [limit(20)], {None: (20, NATIONAL), CONDITIONAL: (5, None)}),
        ([limit(10)], [limit(20), limit(3, CONDITIONAL)], {None: (10, None), CONDITIONAL: (3, NATIONAL)}),
        (
            [limit(10), limit(8, CONDITIONAL)],
            [limit(20), limit(9, CONDITIONAL), limit(2, UNCONDITIONAL)],
            {None: (10, None), CONDITIONAL: (8, None), UNCONDITIONAL: (2, NATIONAL)},
        ),
    ],
)
def test_for_each_clock_and_class_the_stricter_limit_stands(
    local: list[Limit], above: list[Limit], stands: Mapping[SharingClass | None, tuple[int, str | None]]
) -> None:
    assert merged_limits(local, above) == {(ClockId.DELIVERY, each): found for each, found in stands.items()}


@given(
    st.dictionaries(st.sampled_from([None, *SharingClass]), st.integers(1, 30)),
    st.dictionaries(st.sampled_from([None, *SharingClass]), st.integers(1, 30)),
)
def test_no_merged_limit_is_longer_than_either(
    local: dict[SharingClass | None, int], above: dict[SharingClass | None, int]
) -> None:
    found = merged_limits([limit(n, c) for c, n in local.items()], [limit(n, c) for c, n in above.items()])

    def amount(limits: Mapping[SharingClass | None, int], sharing_class: SharingClass) -> int | None:
        return limits.get(sharing_class, limits.get(None))

    said = {sharing_class: number for (_, sharing_class), (number, _) in found.items()}
    for each in SharingClass:
        sources = [x for x in (amount(local, each), amount(above, each)) if x is not None]
        assert amount(said, each) == min(sources, default=None)


def test_limits_that_cannot_be_compared_must_be_named() -> None:
    with pytest.raises(MergeError, match="leave open which limit for delivery is stricter, month or working_day"):
        merged_limits([limit(1, unit=Unit.MONTH)], [limit(20)])
