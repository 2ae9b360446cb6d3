"""What a play is held against, and how it is told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.engine.records import Clock
from domain.messages import Language, label
from domain.words import Basis, EventType
from embedded.simulate.player import PlayedCase
from embedded.simulate.unexpected import Differing, InEither, differs, words_of
from protocol.names import workflow_id

CLOCK_KEYS = (
    *("id", "basis", "article", "quote", "started_at", "amount", "unit"),
    *("due_date", "due_at", "provisional", "calendar_edition", "state"),
)


def mismatches(played: PlayedCase, language: Language = "en") -> list[str]:
    """Where the play differs from what its scenario expects, one sentence each; empty: all as expected."""
    return [each.told(language) for each in differences(played)]


def differences(played: PlayedCase) -> list[Differing]:
    """Where the play differs from what its scenario expects; empty: nowhere."""
    return [
        *played.unexpected,
        *_case(played),
        *_clocks(played),
        *_events(played),
        *_opened(played),
        *_findings(played),
    ]


def _case(played: PlayedCase) -> Iterator[Differing]:
    expect = played.scenario.expect
    if expect.refused is not None:
        code = played.refused[0].code if played.refused and played.refused[0].step == 0 else None
        if code is None:
            yield differs("filing_accepted", wanted=expect.refused)
        elif code != expect.refused:
            yield differs("filing_other_refusal", code=code, wanted=expect.refused)
        return
    if played.case is None:
        return
    for field in ("stage", "outcome"):
        wanted, is_ = getattr(expect, field), getattr(played.case, field)
        if field in expect.model_fields_set and wanted != is_:
            yield differs(field, found=_word(field, is_), wanted=_word(field, wanted))


def _word(kind: str, word: str | None) -> InEither:
    return words_of(kind, *([word] if word else []), otherwise="nothing")


def _clocks(played: PlayedCase) -> Iterator[Differing]:
    if played.case is None:
        return
    for place, wanted in enumerate(played.scenario.expect.clocks):
        keys = wanted.model_fields_set
        records = [_as_expected(clock, played.scenario.statute) for clock in played.clocks]
        if not any(all(record[key] == getattr(wanted, key) for key in keys) for record in records):
            shown = ", ".join(f"{key} {getattr(wanted, key)}" for key in sorted(keys))
            found = _limits([clock for clock in played.clocks if clock.id == wanted.id])
            yield differs("no_clock", place=place, number=place + 1, wanted=shown, found=found)


def _limits(clocks: Sequence[Clock]) -> InEither:
    """Limits of one kind, by their last days and states."""

    def told(language: Language) -> str:
        states = [label("clock_state", clock.state, language) if language == "zh" else clock.state for clock in clocks]
        days = [
            label("unexpected", "limit", language).format(due=clock.due_date, state=state)
            for clock, state in zip(clocks, states, strict=True)
        ]
        return "; ".join(days) or label("unexpected", "no_such_limit", language)

    return told


def _as_expected(clock: Clock, statute: str) -> Mapping[str, Any]:
    """A clock record with the regulation of its limit, which is the case's own statute where it says none."""
    own = statute if clock.basis is Basis.STATUTE else None
    return {**{name: getattr(clock, name) for name in CLOCK_KEYS}, "statute": clock.statute or own}


def _events(played: PlayedCase) -> Iterator[Differing]:
    found = [event.type for event in played.events]
    position = 0
    if played.case is None:
        return
    for place, wanted in enumerate(played.scenario.expect.events):
        try:
            position = found.index(wanted, position) + 1
        except ValueError:
            there, its = words_of("event", *found, otherwise="none"), words_of("event", wanted, otherwise="none")
            yield differs("no_event", place=place, number=place + 1, wanted=its, found=there)
            return


def _opened(played: PlayedCase) -> Iterator[Differing]:
    if "opened" not in played.scenario.expect.model_fields_set or played.case is None:
        return
    wanted = [procedure.value for procedure in played.scenario.expect.opened]
    there = [case["procedure"] for case in opened_cases(played)]
    if wanted != there:
        yield _others("opened", "procedure", there, wanted)


def _findings(played: PlayedCase) -> Iterator[Differing]:
    if "findings" not in played.scenario.expect.model_fields_set or played.case is None:
        return
    wanted = list(played.scenario.expect.findings)
    there = [str(found) for event in played.events for found in event.data.get("findings") or ()]
    if wanted != there:
        yield _others("findings", "finding", there, wanted)


def _others(about: str, kind: str, there: Sequence[str], wanted: Sequence[str]) -> Differing:
    found, expected = (words_of(kind, *each, otherwise="none") for each in (there, wanted))
    return differs(about, found=found, wanted=expected)


def opened_cases(played: PlayedCase) -> list[dict[str, str]]:
    """The cases that this one opened: their procedures and ids."""
    return [
        {"procedure": event.data["procedure"], "request_id": event.data["request_id"]}
        for event in played.events
        if event.type is EventType.CASE_OPENED
    ]


def as_json(played: PlayedCase, differing: list[str]) -> dict[str, Any]:
    """The play as plain data: what ``shareflow simulate --json`` prints for a file."""
    case = played.case
    refused = next((r.code for r in played.refused if r.step == 0), None)
    return {
        "name": played.scenario.name,
        "procedure": played.scenario.procedure,
        "statute": played.scenario.statute,
        "request_id": played.request_id,
        "stage": case.stage if case else None,
        "outcome": case.outcome if case else None,
        "refused": refused,
        "clocks": [clock_json(clock, played.scenario.statute) for clock in played.clocks],
        "events": [event.model_dump(mode="json") for event in played.events],
        "opened": opened_cases(played),
        "refused_steps": [vars(step) for step in played.refused],
        "mismatches": differing,
        "workflow": {
            "id": workflow_id(played.request_id) if played.request_id else None,
            "run_id": played.run_id,
            "history_length": played.history_length,
        },
    }


def clock_json(clock: Clock, statute: str) -> Mapping[str, Any]:
    """A clock record with the keys of the contract; ``statute`` is the case's own, for limits that stand in it."""
    data = clock.model_dump(mode="json")
    own = statute if clock.basis is Basis.STATUTE else None
    return {**{key: data[key] for key in CLOCK_KEYS}, "statute": clock.statute or own}
