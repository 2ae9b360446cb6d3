"""Whether the scenarios that a row of the table of clauses names show what the row says.

A case shows a command that was accepted, an event, a limit that ran, a refusal, a finding, a duty, a ground, a
step. Where a case cites an article for it, that must be the row's own, or one that the row says it is cited under.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from domain.words import CommandName, EventType, ProcedureName
from embedded.simulate.player import PlayedCase
from starter.coverage.table import KINDS, Row

Cited = tuple[str, str] | None
"""A regulation and its article; None where a case cites none."""
Said = tuple[str, Cited]
"""A word of the table, and what the case cites for it."""


@dataclass(frozen=True)
class ShownWords:
    """What a play shows of each kind of word."""

    procedure: ProcedureName
    command: frozenset[Said]
    event: frozenset[Said]
    clock: frozenset[Said]
    refusal: frozenset[Said]
    finding: frozenset[Said]
    duty: frozenset[Said]
    ground: frozenset[Said]
    step: frozenset[Said]


def shown(played: PlayedCase) -> ShownWords:
    """What a play shows. A command is cited under whatever the events of its step are."""
    own = played.scenario.statute.partition("+")[0]

    def cited(statute: str | None, article: str | None) -> Cited:
        return (own if statute in (None, played.scenario.statute) else statute, article) if article else None

    def named(what: str, *types: EventType) -> frozenset[Said]:
        return frozenset(
            (str(event.data[what]), cited(event.statute, event.article))
            for event in played.events
            if event.type in types and what in event.data
        )

    refused = {step.step for step in played.refused}
    by_key: dict[str | None, set[Cited]] = {}
    for event in played.events:
        by_key.setdefault(own_key(event.key), set()).add(cited(event.statute, event.article))
    commands = [
        (step.do.value, ground)
        for number, step in enumerate(played.scenario.steps, start=1)
        if number not in refused
        for ground in by_key.get(step.key or f"step-{number}", {None}) - {None} or {None}
    ]
    return ShownWords(
        procedure=played.scenario.procedure,
        command=frozenset(commands),
        event=frozenset((event.type.value, cited(event.statute, event.article)) for event in played.events),
        clock=frozenset((clock.id.value, cited(clock.statute, clock.article)) for clock in played.clocks),
        refusal=frozenset((step.code, cited(step.statute, step.article)) for step in played.refused),
        finding=frozenset((str(found), None) for event in played.events for found in event.data.get("findings") or ()),
        duty=named("duty", EventType.FILED),
        ground=named("ground", EventType.FILED, EventType.RECTIFICATION_ORDERED),
        step=named("step", EventType.ESCALATED),
    )


def own_key(key: str | None) -> str | None:
    """The caller's part of a key: behind it stands the digest of what it was used for."""
    return key.partition("~")[0] if key else None


def words(row: Row) -> Iterator[tuple[ProcedureName | None, str, str]]:
    """Each word of a row: the procedure it is said of, if of one alone, its kind, and itself."""
    for procedure, acts in row.act.items():
        for act in acts:
            yield procedure, "command" if isinstance(act, CommandName) else "event", act.value
    for kind in KINDS:
        for word in getattr(row, kind):
            yield None, kind, str(word)


def shows(statute: str, row: Row, word: tuple[ProcedureName | None, str, str], case: ShownWords) -> bool:
    """Whether a case shows a word of a row, cited as the row says."""
    procedure, kind, said = word
    if procedure not in (None, case.procedure):
        return False
    grounds = {ground for what, ground in getattr(case, kind) if what == said}
    uncited = kind in ("command", "event", "refusal", "finding") and None in grounds
    return uncited or bool(grounds & grounds_of(statute, row))


def grounds_of(statute: str, row: Row) -> set[Cited]:
    """The articles under which a case may cite a row: its own, and those that it names."""
    named = (reference.rpartition(":") for reference in row.cited_as)
    return {(statute, row.number), *((regulation or statute, article) for regulation, _, article in named)}


def untrue(statute: str, rows: Iterable[Row], cases: Mapping[str, ShownWords]) -> Iterator[str]:
    """What the rows say and their scenarios do not show, one sentence each."""
    for row in rows:
        where = f"{statute}, article {row.article}, {row.category} “{row.quote}”"
        said = list(words(row))
        for word in said:
            if not any(shows(statute, row, word, cases[name]) for name in row.scenarios):
                yield f"{where}: no scenario of the row shows {word[1]} {word[2]}"
        for name in row.scenarios:
            if not any(shows(statute, row, word, cases[name]) for word in said):
                yield f"{where}: {name} shows nothing that the row says"
