"""The seal of a dossier: whatever is changed after packing is seen by whoever knows the key of the log."""

import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from audit.dossier.contents import HISTORY, CaseDossier
from audit.dossier.packing import unpacked
from audit.dossier.proof import PROOF
from audit.dossier.seal import seal_of
from audit.verification.record import events_in
from audit.verification.verify import Trusted
from domain.evidence import canonical_json
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import Ed25519Signer, Witness
from domain.log.notes import read_note
from tests.audit.dossiers import dossier_of, packed
from tests.audit.logs import LOG_KEY, MemoryLog, entered, entry_and_head, logged
from tests.audit.test_log_proof import results
from tests.audit.test_verification import with_files

CASE = "nantong-2020.refused-late-then-impasse"
STRANGER = Ed25519Signer("shareflow/test", b"\x02" * 32)


@pytest.fixture(scope="module")
def sealed() -> CaseDossier:
    log = MemoryLog()
    return logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))


def history_changed(dossier: CaseDossier) -> CaseDossier:
    """Another worker's name in Temporal's history: nothing that replay looks at."""
    content = dossier.files[HISTORY]
    changed = content.replace(b'"identity": "', b'"identity": "x', 1)
    assert changed != content
    return with_files(dossier, {**dossier.files, HISTORY: changed})


def test_what_replay_does_not_look_at_is_sealed(sealed: CaseDossier) -> None:
    again = unpacked(io.BytesIO(packed(sealed)))
    assert again.seal == sealed.seal
    assert {result for result, _ in results(again, Trusted([LOG_KEY.key], None)).values()} == {"ok", "skipped"}
    changed = replace(history_changed(sealed), seal=sealed.seal)
    found = {check: detail for check, (result, detail) in results(changed).items() if result == "FAIL"}
    assert found.keys() == {"seal"}
    assert "something in this one was changed since" in found["seal"]


@pytest.mark.parametrize(
    ("forged", "told"),
    [
        (lambda it: seal_of(it.manifest, STRANGER), "none of the keys that are trusted has signed it"),
        (lambda _: None, "nothing shows that it is as it was packed"),
        (lambda _: b"", "a note is a text"),
        (lambda _: b"\xff", "is not text"),
        (lambda it: (it.seal or b"").replace(b"sha256 ", b"sha256  "), "is not that key's"),
    ],
    ids=["resigned by another key", "taken out", "empty", "no text", "changed"],
)
def test_another_seal_is_refused(sealed: CaseDossier, forged: Callable[[CaseDossier], bytes | None], told: str) -> None:
    result, detail = results(replace(sealed, seal=forged(sealed)))["seal"]
    assert (result, told in detail) == ("FAIL", True), detail


def test_a_witness_seals_nothing(sealed: CaseDossier) -> None:
    witness = Witness("audit.example", b"\x04" * 32, lambda: 1_800_000_000)
    assert results(sealed, Trusted([witness.key]))["seal"][0] == "skipped"
    assert results(sealed, Trusted())["seal"][0] == "skipped"


@pytest.mark.parametrize("check", ["signature", "checkpoint", "seal"])
def test_the_key_of_another_log_vouches_for_nothing(check: str) -> None:
    """Whoever has the key of any log that an auditor trusts could otherwise write and seal another's record."""
    log, other = MemoryLog(), Ed25519Signer("shareflow/other", b"\x05" * 32)
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    both, kept = Trusted([other.key, LOG_KEY.key], log.checkpoint()), log.checkpoint()
    assert results(dossier, both)[check][0] == "ok"
    by_other = checkpoint_in(read_note(kept)).note().signed(other).written()
    proof = {**json.loads(dossier.files[PROOF]), "checkpoint": by_other}
    forged = with_files(dossier, {**dossier.files, PROOF: f"{canonical_json(proof)}\n".encode()})
    forged = replace(forged, seal=seal_of(forged.manifest, other))
    for keys in ([other.key], [other.key, LOG_KEY.key]):
        result, detail = results(forged, Trusted(keys, by_other))[check]
        assert (result, "shareflow/test" in detail) == ("FAIL", True), detail


def test_a_log_may_have_had_another_key_of_its_name() -> None:
    """Its new key seals and signs, its old one has signed what was kept; an auditor brings both."""
    old, new = MemoryLog(), Ed25519Signer("shareflow/test", b"\x06" * 32)
    places = entered(dossier_of(CASE), old, upto=10)
    kept, covered = old.checkpoint(), old.trees[0].size
    old.signer = new
    places += [old.enter(*entry_and_head(dossier_of(CASE), event)) for event in events_in(dossier_of(CASE))[10:]]
    dossier = logged(dossier_of(CASE), old, places, [covered])
    found = results(dossier, Trusted([LOG_KEY.key, new.key], kept))
    assert {found[check][0] for check in ("log", "signature", "checkpoint", "seal")} == {"ok"}
