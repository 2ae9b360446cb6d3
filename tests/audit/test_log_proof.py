"""The log of a dossier: what a checkpoint proves, to whoever has a key and perhaps an earlier checkpoint."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from audit.dossier.contents import EVENTS, CaseDossier, manifest_of
from audit.dossier.proof import PROOF
from audit.verification.record import events_in
from audit.verification.verify import Trusted, verify
from domain.evidence import canonical_json
from domain.log.heads import LogHead, key_of_acts
from domain.log.keys import Ed25519Signer, Witness
from domain.log.notes import read_note
from tests.audit.dossiers import dossier_of
from tests.audit.logs import LOG_KEY, MemoryLog, entered, entry_and_head, logged
from tests.audit.test_verification import events_of, with_events, with_files

CASE = "nantong-2020.refused-late-then-impasse"
KEYS = Trusted([LOG_KEY.key])


def results(dossier: CaseDossier, trusted: Trusted = KEYS) -> dict[str, tuple[str, str]]:
    return {each.check: (each.result, each.detail) for each in verify(dossier, trusted)}


def wrong(dossier: CaseDossier, trusted: Trusted = KEYS) -> dict[str, str]:
    return {check: detail for check, (result, detail) in results(dossier, trusted).items() if result == "FAIL"}


def test_a_logged_case_holds_under_the_key() -> None:
    log = MemoryLog()
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    found = results(dossier)
    assert found["log"] == ("ok", "19 of 19 events in a log of 38 entries")
    assert found["signature"] == ("ok", "signed by shareflow/test")
    assert found["checkpoint"][0] == "skipped"
    assert found["seal"] == ("ok", "sealed by shareflow/test")
    assert results(dossier, Trusted())["signature"][0] == "skipped"


def test_a_case_goes_on_after_its_checkpoint() -> None:
    log = MemoryLog()
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log, upto=15))
    assert results(dossier)["log"] == ("ok", "15 of 19 events in a log of 30 entries, 4 recorded after it")


def test_a_checkpoint_that_was_kept_binds_what_came_before() -> None:
    log = MemoryLog()
    places = entered(dossier_of(CASE), log, upto=10)
    kept = log.checkpoint()
    places += [log.enter(*entry_and_head(dossier_of(CASE), event)) for event in events_in(dossier_of(CASE))[10:]]
    dossier = logged(dossier_of(CASE), log, places, earlier=[5, 20])
    assert results(dossier, Trusted([LOG_KEY.key], kept))["checkpoint"] == (
        "ok",
        "the log of 29 entries goes on from the 20 of the checkpoint that was given; "
        "10 of 19 events of the case were in it; by the case's own clock that checkpoint is of "
        "2025-12-24T17:28:15.526835+08:00; dated after it, yet in it, since time was skipped: events 1 to 10",
    )
    assert results(dossier, Trusted([], log.checkpoint()))["checkpoint"][0] == "ok"
    without = logged(dossier_of(CASE), log, places)
    assert "does not show" in wrong(without, Trusted([LOG_KEY.key], kept))["checkpoint"]


def test_whoever_rewrites_the_past_is_caught_by_an_earlier_checkpoint() -> None:
    """With the operator's own key: chain, log and checkpoint are all made anew, and fit one another."""
    true = MemoryLog()
    entered(dossier_of(CASE), true, upto=12)
    kept = true.checkpoint()
    events = events_of(dossier_of(CASE))
    events[3] = {**events[3], "at": "2026-09-19T09:00:00.000000+08:00"}
    rewritten = with_events(dossier_of(CASE), events, chained=True)
    forged = MemoryLog()
    dossier = logged(rewritten, forged, entered(rewritten, forged), earlier=[24])
    assert results(dossier)["log"][0] == "ok"
    assert results(dossier)["signature"][0] == "ok"
    assert "rewritten since" in wrong(dossier, Trusted([LOG_KEY.key], kept))["checkpoint"]


def test_another_key_is_another_log() -> None:
    stranger = MemoryLog(Ed25519Signer("shareflow/test", b"\x02" * 32))
    dossier = logged(dossier_of(CASE), stranger, entered(dossier_of(CASE), stranger))
    assert "none of the keys that are trusted" in wrong(dossier)["signature"]
    other = MemoryLog(Ed25519Signer("shareflow/other", b"\x03" * 32))
    elsewhere = logged(dossier_of(CASE), other, entered(dossier_of(CASE), other))
    trusted = Trusted([LOG_KEY.key, other.signer.key], MemoryLog().checkpoint())
    assert "of another log" in wrong(elsewhere, trusted)["checkpoint"]


def test_a_witness_alone_will_do() -> None:
    log = MemoryLog()
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    witness = Witness("audit.example", b"\x04" * 32, lambda: 1_800_000_000)
    proof = json.loads(dossier.files[PROOF])
    proof["checkpoint"] = read_note(proof["checkpoint"]).signed(witness).written()
    seen = with_files(dossier, {**dossier.files, PROOF: f"{canonical_json(proof)}\n".encode()})
    assert results(seen, Trusted([witness.key]))["signature"] == ("ok", "signed by audit.example")


def test_a_proof_that_was_taken_out_is_missed() -> None:
    assert "nothing shows" in wrong(dossier_of(CASE))["signature"]
    assert "nothing shows" in wrong(dossier_of(CASE), Trusted([], MemoryLog().checkpoint()))["checkpoint"]


def _without_the_last(proof: dict[str, Any]) -> None:
    proof["events"][0]["sha256"].pop()


def _another_place(proof: dict[str, Any]) -> None:
    proof["events"][2]["place"] += 1


def _a_gap(proof: dict[str, Any]) -> None:
    del proof["events"][4]


def _none(proof: dict[str, Any]) -> None:
    proof["events"] = []


def _another_sm3(proof: dict[str, Any]) -> None:
    proof["events"][0]["sm3"][0] = "0" * 64


def _one_more(proof: dict[str, Any]) -> None:
    proof["events"].append({**proof["events"][-1], "seq": len(proof["events"]) + 1})


@pytest.mark.parametrize("change", [_without_the_last, _another_place, _a_gap, _none, _another_sm3, _one_more])
def test_no_part_of_a_proof_can_be_changed(change: Callable[[dict[str, Any]], None]) -> None:
    log = MemoryLog()
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    proof = json.loads(dossier.files[PROOF])
    change(proof)
    assert "log" in wrong(with_files(dossier, {**dossier.files, PROOF: f"{canonical_json(proof)}\n".encode()}))


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [("\n38\n", "\n39\n", "signature"), ("\n38\n", "\nx\n", "log"), ("sm3 ", "sm4 ", "log"), ("\u2014", "-", "log")],
)
def test_no_line_of_a_checkpoint_can_be_changed(old: str, new: str, check: str) -> None:
    log = MemoryLog()
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    proof = json.loads(dossier.files[PROOF])
    proof["checkpoint"] = proof["checkpoint"].replace(old, new, 1)
    assert check in wrong(with_files(dossier, {**dossier.files, PROOF: f"{canonical_json(proof)}\n".encode()}))


def test_what_is_no_proof_is_told() -> None:
    for content in (b"", b"{}", b"[]", b"\xff"):
        dossier = with_files(dossier_of(CASE), {**dossier_of(CASE).files, PROOF: content})
        assert wrong(dossier)["log"].startswith(f"{PROOF} is not the proof")


def test_the_case_is_part_of_its_entries() -> None:
    """The same events under another number are not in the log."""
    log = MemoryLog()
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    said = dossier.manifest
    renamed = CaseDossier(manifest_of("NANTONG-ELSE", said.algorithm, said.made_by, dossier.files), dossier.files)
    assert "event 1 is not in the log" in wrong(renamed)["log"]
    assert EVENTS in dossier.files


def _cut(dossier: CaseDossier, events: int) -> CaseDossier:
    """The dossier with its first events alone, its manifest made to fit; its history as it was."""
    return with_events(dossier, events_of(dossier)[:events])


def test_a_case_that_is_cut_off_at_its_end_is_found_out() -> None:
    """The checkpoint names the head of each case: what was in the log then cannot be left out afterwards."""
    log = MemoryLog()
    places = entered(dossier_of(CASE), log)
    cut = logged(_cut(dossier_of(CASE), 15), log, places[:15])
    says = wrong(cut)["log"]
    assert (
        says == "by the packed checkpoint the log had 19 events of the case; the dossier has 15: its end was left out"
    )
    kept = log.checkpoint()
    assert "the checkpoint that was given the log had 19" in wrong(cut, Trusted([LOG_KEY.key], kept))["checkpoint"]


def test_events_that_were_changed_cannot_be_passed_off_as_later_ones() -> None:
    """Rewritten from event 16 on, with a proof of the first 15 alone."""
    log = MemoryLog()
    places = entered(dossier_of(CASE), log)
    events = events_of(dossier_of(CASE))
    events[15] = {**events[15], "article": "99"}
    rewritten = with_events(dossier_of(CASE), events, chained=True)
    forged = logged(rewritten, log, places[:15])
    assert wrong(forged)["log"] == "event 19 is not the one that the log had by the packed checkpoint"
    # Nor if they are entered anew, and the operator makes another checkpoint of it: the one that was kept tells.
    kept, size = log.checkpoint(), log.trees[0].size
    again = [log.enter(*entry_and_head(rewritten, event)) for event in events_in(rewritten)[15:]]
    forged = logged(rewritten, log, [*places[:15], *again], earlier=[size])
    assert results(forged)["log"][0] == "ok"
    said = wrong(forged, Trusted([LOG_KEY.key], kept))["checkpoint"]
    assert said == "event 19 is not the one that the log had by the checkpoint that was given"


def test_a_case_that_is_proved_in_part_only_is_found_out() -> None:
    log = MemoryLog()
    places = entered(dossier_of(CASE), log)
    assert "proof.json shows 10 of them" in wrong(logged(dossier_of(CASE), log, places[:10]))["log"]


def test_a_kept_checkpoint_that_names_no_time_says_so() -> None:
    log = MemoryLog(at=None)
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    result, detail = results(dossier, Trusted([LOG_KEY.key], log.checkpoint()))["checkpoint"]
    assert result == "ok"
    assert detail.endswith("; the checkpoint that was given names no time: no date is held against it")


def test_a_case_that_began_after_the_checkpoint_that_was_kept() -> None:
    log = MemoryLog()
    log.enter(b"another")
    kept = log.checkpoint()
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log), earlier=[1])
    assert wrong(dossier, Trusted([LOG_KEY.key], kept)) == {}


def _no_heads(proof: dict[str, Any]) -> None:
    proof["heads"] = []


def _another_way(proof: dict[str, Any]) -> None:
    events = next(each for each in proof["heads"] if each["of"] == "events")
    acts = next(each for each in proof["heads"] if each["of"] == "acts")
    events["end"], acts["end"] = acts["end"], None


def _no_node(proof: dict[str, Any]) -> None:
    proof["heads"][0]["end"] = "00"


def _no_hex(proof: dict[str, Any]) -> None:
    proof["heads"][0]["end"] = "x" * 146


@pytest.mark.parametrize("change", [_no_heads, _another_way, _no_node, _no_hex])
def test_no_part_of_the_way_to_a_head_can_be_changed(change: Callable[[dict[str, Any]], None]) -> None:
    log = MemoryLog()
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    proof = json.loads(dossier.files[PROOF])
    change(proof)
    changed = with_files(dossier, {**dossier.files, PROOF: f"{canonical_json(proof)}\n".encode()})
    assert {"log", "acts"} & wrong(changed, Trusted()).keys()


def test_acts_that_are_left_out_are_missed() -> None:
    """Both the lines and their proof: the head of the acts says that there was one."""
    log, case = MemoryLog(), dossier_of(CASE).manifest.request_id
    log.enter(b"an act", LogHead(key_of_acts(case), 7, bytes(32)))
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    assert wrong(dossier)["acts"] == "the last act on the case that the log has is 7"
