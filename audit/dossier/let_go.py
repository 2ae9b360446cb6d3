"""What acts have let go of (销毁): the histories and papers of a case that the engine itself no longer has."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from domain.calendar import day_of
from domain.engine.records import RecordedEvent
from domain.log.acts import ActKind, OperatorAct
from domain.retention import Keepsake, KeptUntil, may_go, packaged_retention
from domain.words import Stage


def disposals(acts: Iterable[OperatorAct], keepsake: Keepsake) -> Iterator[OperatorAct]:
    """Those of the acts that have let go of this."""
    return (act for act in acts if act.kind == ActKind.DISPOSE and keepsake in listed_in(act, "disposed"))


def papers_let_go(acts: Iterable[OperatorAct]) -> frozenset[str]:
    """The digests of the papers that acts have let go of."""
    return frozenset(str(digest) for act in disposals(acts, Keepsake.PAPERS) for digest in listed_in(act, "papers"))


@dataclass(frozen=True)
class EarlyDisposal:
    """That an act let go of something before its last day was over; ``kept`` is None where the case had not ended."""

    act: OperatorAct
    keepsake: Keepsake
    kept: KeptUntil | None


def let_go_early(acts: Sequence[OperatorAct], statute: str, events: Iterable[RecordedEvent]) -> Iterator[EarlyDisposal]:
    """For each kind of thing the first act that let go of it too early, if any; ``statute`` is the case's."""
    closed = next((event.at for event in events if event.stage is Stage.CLOSED), None)
    for keepsake in Keepsake:
        kept = None if closed is None else packaged_retention().kept_until(statute, keepsake, day_of(closed))
        listing = "papers" if keepsake is Keepsake.PAPERS else "disposed"
        gone = (act for act in disposals(acts, keepsake) if listed_in(act, listing))
        early = next((act for act in gone if kept is None or not may_go(kept, day_of(act.at))), None)
        if early is not None:
            yield EarlyDisposal(early, keepsake, kept)


def listed_in(act: OperatorAct, name: str) -> Sequence[Any]:
    """What an act lists; nothing where it does not, for what was packed is anybody's."""
    found = act.details.get(name)
    return found if isinstance(found, list | tuple) else ()
