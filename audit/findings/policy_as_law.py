"""Limits of the operator that pass for law (内部时限当作法定时限)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from pydantic import BaseModel

from audit.findings.finding import Examined, Finding, FindingKind, acting
from domain.engine.records import Clock, RecordedEvent
from domain.statutes.model import Clause, Statute
from domain.words import Basis, EventType, Unit


class Words(NamedTuple):
    """Words of a text and where they stand; ``statute`` is None for the text's own."""

    statute: str | None
    article: str | None
    quote: str | None


Numbers = Mapping[Words, frozenset[tuple[int, Unit]]]
"""All words of a statute, and the limits that each of them sets."""


def policy_as_law(examined: Examined) -> Iterator[Finding]:
    """Each limit that is shown as a text's and is not: its words do not stand in the statute, or set another number;
    each of the operator's that bears an article; each sanction that rests on one, or on a limit that there is not.

    The texts set no limit for negotiation, coordination and decision (809 art. 28 and the local texts), and what they
    call 及时 has no number: such a limit is policy (内部规程), and its breach is no ground of 809 art. 39.
    """
    numbers = _numbers_of(examined.case.statute)
    for event in examined.events:
        if event.clock is not None:
            yield from _of_a_clock(examined, event, event.clock, numbers)
        elif event.type is EventType.RECTIFICATION_ORDERED:
            yield from _of_a_sanction(examined, event)


def _of_a_clock(examined: Examined, event: RecordedEvent, clock: Clock, numbers: Numbers) -> Iterator[Finding]:
    if clock.basis is Basis.POLICY and (clock.article or clock.quote):
        yield _found(examined, event, clock, "policy_with_article", "policy_without_article")
    if clock.basis is not Basis.STATUTE:
        return
    own = None if clock.statute == examined.case.statute.id else clock.statute
    says = numbers.get(Words(own, clock.article, clock.quote))
    if says is None:
        yield _found(examined, event, clock, "words_not_in_text", "shown_as_policy")
    elif says and clock.supersedes is None and clock.unit is not Unit.DATE and (clock.amount, clock.unit) not in says:
        amount, unit = min(says)
        yield _found(examined, event, clock, "another_number", "number_of_text", of_text=amount, unit_of_text=unit)


def _of_a_sanction(examined: Examined, event: RecordedEvent) -> Iterator[Finding]:
    number = event.data.get("number")
    clock = examined.case.clocks.get(number) if isinstance(number, int) else None
    if clock is None and number is not None:
        yield _found(examined, event, None, "sanction_on_nothing", "no_sanction_on_policy")
    elif clock is not None and clock.basis is Basis.POLICY:
        yield _found(examined, event, clock, "sanction_on_policy", "no_sanction_on_policy")


def _found(
    examined: Examined, event: RecordedEvent, clock: Clock | None, found: str, should: str, **facts: object
) -> Finding:
    of_clock = {"clock": clock.id, "amount": clock.amount, "unit": clock.unit} if clock else {}
    return Finding(
        kind=FindingKind.POLICY_AS_LAW,
        request_id=examined.recorded.request_id,
        seq=event.seq,
        at=event.at,
        statute=event.statute,
        article=event.article or (clock.article if clock else None),
        who=acting(examined.case, event),
        found=found,
        should=should,
        clock=clock.id if clock else None,
        facts={**of_clock, **facts},
    )


_READ: Final[dict[int, tuple[Statute, Numbers]]] = {}
"""What was read of statutes, each beside its statute, which so stays."""
_AT_MOST: Final = 256


def _numbers_of(statute: Statute) -> Numbers:
    found = _READ.get(id(statute))
    if found is None:
        if len(_READ) >= _AT_MOST:
            _READ.clear()
        sets: dict[Words, set[tuple[int, Unit]]] = {}
        _read(statute, sets)
        found = _READ[id(statute)] = statute, {words: frozenset(each) for words, each in sets.items()}
    return found[1]


def _read(value: Any, sets: dict[Words, set[tuple[int, Unit]]]) -> None:
    """Every clause below a part of a text, with the number that stands beside it."""
    if isinstance(value, Clause):
        sets.setdefault(Words(value.statute, value.article, value.quote), set())
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            _read(getattr(value, name), sets)
        clause, amount, unit = (getattr(value, name, None) for name in ("clause", "amount", "unit"))
        if isinstance(clause, Clause) and isinstance(amount, int) and isinstance(unit, Unit):
            sets[Words(clause.statute, clause.article, clause.quote)].add((amount, unit))
    elif isinstance(value, Mapping):
        for inner in value.values():
            _read(inner, sets)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _read(inner, sets)
