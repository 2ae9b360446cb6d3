"""A history that was disposed of takes along nothing of what checkpoints show, and acts are dated as the log has it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from audit.dossier.contents import ACTS, FILING, CaseDossier
from audit.dossier.filing import PackedFiling
from audit.dossier.proof import PROOF
from audit.verification.disposal import opened_in
from audit.verification.record import record_in
from audit.verification.verify import Trusted, conclusion_of, verify
from domain.evidence import GENESIS, canonical_json, plain
from domain.log.acts import Acting, ActKind, NewAct, OperatorAct, recorded_act
from domain.log.entries import entry_of_act
from domain.log.heads import LogHead, digest_of_acts, key_of_acts
from domain.retention import Keepsake
from tests.audit.dossiers import dossier_of, resealed
from tests.audit.logs import MemoryLog, entered, entry_and_head, logged
from tests.audit.test_in_chinese import english_in
from tests.audit.test_lost_answers import IN_THE_WORLD

DAY = timedelta(days=1)
WHOLE = dossier_of(IN_THE_WORLD)
CLOSED = record_in(WHOLE).events[-1].at
IN_TIME = CLOSED + 4 * 366 * DAY


def disposal(at: datetime, what: Iterable[Keepsake] = (Keepsake.HISTORY,)) -> OperatorAct:
    """The act by which these were let go of."""
    case = WHOLE.manifest.request_id
    details = {"disposed": sorted(what), "histories": [], "papers": ["0" * 64]}
    by = Acting(subject="anna")
    return recorded_act(
        NewAct(kind=ActKind.DISPOSE, by=by, target=case, request_id=case, details=details), 1, at, GENESIS
    )


def without_history(act: OperatorAct) -> CaseDossier:
    """The dossier after the disposal."""
    opening = opened_in(WHOLE)
    filing = PackedFiling(procedure=opening.procedure, statute=opening.statute, application=opening.application)
    acts = f"{canonical_json(plain(act))}\n".encode()
    files = {name: content for name, content in WHOLE.files.items() if name not in WHOLE.histories}
    return resealed(WHOLE, {**files, FILING: filing.written(), ACTS: acts})


def said_of(dossier: CaseDossier, trusted: Trusted) -> dict[str, str]:
    """What each check that fails says."""
    return {each.check: each.detail for each in verify(dossier, trusted) if each.result == "FAIL"}


def covered(
    act: OperatorAct, kept_at: datetime, upto: int | None, packed_at: datetime, with_act: bool
) -> tuple[CaseDossier, Trusted]:
    """The dossier after the disposal, in a log of which somebody has kept a checkpoint of ``kept_at``.

    That has the first events up to ``upto``, and the act or not; the packed one is of ``packed_at`` and has all.
    """
    dossier, log = without_history(act), MemoryLog(at=kept_at)
    case = dossier.manifest.request_id
    head = LogHead(key_of_acts(case), act.number, digest_of_acts([bytes.fromhex(act.digest)]))

    def enter_act() -> int:
        return log.enter(entry_of_act(act.number, act.digest), head)

    place = enter_act() if with_act else None
    places = entered(dossier, log, upto=upto)
    kept, size = log.checkpoint(), log.trees[0].size
    rest = record_in(dossier).events[len(places) :]
    places += [log.enter(*entry_and_head(dossier, event)) for event in rest]
    place = enter_act() if place is None else place
    log.enter(b"something else")
    log.at = packed_at
    whole = logged(dossier, log, places, [size])
    proof = log.proved(places, [size], acts={act.number: place}, case=case)
    return resealed(whole, {**whole.files, PROOF: proof.written()}), Trusted([], kept)


def test_what_a_kept_checkpoint_shows_needs_no_history() -> None:
    act, after = disposal(IN_TIME), IN_TIME + DAY
    assert said_of(*covered(act, CLOSED + DAY, None, after, False)) == {}
    lacking = said_of(*covered(act, CLOSED + 30 * DAY, 3, after, False))
    assert lacking.keys() == {"checkpoint"}
    assert lacking["checkpoint"].startswith("event 5 is dated ")
    assert "does not have it: it was entered afterwards, or made up" in lacking["checkpoint"]
    having = said_of(*covered(act, CLOSED - DAY, None, after, False))
    assert having.keys() == {"checkpoint"}
    assert ", has it already" in having["checkpoint"]


def test_an_act_is_not_dated_otherwise_than_a_checkpoint_shows() -> None:
    now = CLOSED + 2 * DAY
    later = said_of(*covered(disposal(IN_TIME), CLOSED + DAY, None, now, False))
    assert later.keys() == {"acts"}
    assert ", and the packed checkpoint, of " in later["acts"]
    assert later["acts"].endswith(", has it already")
    kept_has_it = said_of(*covered(disposal(IN_TIME), CLOSED + DAY, None, IN_TIME + DAY, True))
    assert kept_has_it.keys() == {"checkpoint"}
    assert kept_has_it["checkpoint"].endswith(", has it already")
    earlier = said_of(*covered(disposal(CLOSED), CLOSED + DAY, None, now, False))
    assert earlier.keys() == {"checkpoint"}
    assert earlier["checkpoint"].endswith(", does not have it")


@pytest.mark.parametrize("what", [(Keepsake.HISTORY,), (Keepsake.PAPERS,), tuple(Keepsake)])
def test_what_went_before_its_day_is_told_in_the_last_line(what: tuple[Keepsake, ...]) -> None:
    for act, conclusion in ((disposal(CLOSED + DAY, what), "early"), (disposal(IN_TIME, what), "disposed")):
        results = verify(without_history(act))
        [acts] = [each for each in results if each.check == "acts"]
        assert acts.result == "ok"
        told = [each for each in ("the history", "papers") if f"let go of {each} too early" in acts.detail]
        early = {Keepsake.HISTORY: "the history", Keepsake.PAPERS: "papers"}
        assert told == ([early[each] for each in what] if conclusion == "early" else [])
        assert not english_in(acts.said("zh"))
        if Keepsake.HISTORY in what:
            assert conclusion_of(results) == conclusion
