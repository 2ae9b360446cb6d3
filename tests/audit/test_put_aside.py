"""A run that a reset put aside is evidence, too: it has what people had said, and what the case had recorded then."""

from audit.dossier.contents import HISTORY, CaseDossier
from audit.verification.verify import conclusion_of, verify
from tests.audit.dossiers import dossier_of, resealed
from tests.audit.test_dates import received_in_time, without_its_command
from tests.audit.test_lost_answers import IN_THE_WORLD, REFUSED, found, wrong


def with_run_before(dossier: CaseDossier, before: CaseDossier) -> CaseDossier:
    return resealed(dossier, {**dossier.files, "put-aside-1.json": before.files[HISTORY]})


def test_what_it_had_decided_is_not_taken_over_without_anybody() -> None:
    whole = dossier_of(IN_THE_WORLD)
    held = found(with_run_before(whole, whole))
    assert {check: detail for check, (result, detail) in held.items() if result == "FAIL"} == {}
    assert held["history"][1].endswith("; 1 run that a reset put aside")
    assert conclusion_of(verify(with_run_before(whole, whole))) == "holds"


def test_a_decision_that_was_rewritten_before_a_reset_is_found_out_by_it() -> None:
    """The history that is left tells the forged event as one that the ledger had told: alone, that holds."""
    honest = received_in_time(dossier_of(IN_THE_WORLD))
    forged = without_its_command(honest)
    assert wrong(forged) == {}
    said = wrong(with_run_before(forged, honest))
    assert said.keys() == {"ledger"}
    assert said["ledger"].startswith("put-aside-1.json, which a reset put aside: event 7: the ledger says of key: ")


def test_the_run_of_another_case_is_none_of_this_one() -> None:
    one, other = dossier_of(IN_THE_WORLD), dossier_of(REFUSED)
    said = wrong(with_run_before(one, other))["history"]
    assert said == f"put-aside-1.json is the history of {other.manifest.request_id}"
