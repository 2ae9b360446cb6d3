"""The seal of a dossier: whatever is changed after packing is seen by whoever knows the key of the log."""

import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from audit.dossier.contents import HISTORY, CaseDossier
from audit.dossier.packing import unpacked
from audit.dossier.seal import seal_of
from audit.verification.verify import Trusted
from domain.log.keys import Ed25519Signer, Witness
from tests.audit.dossiers import dossier_of, packed
from tests.audit.logs import LOG_KEY, MemoryLog, entered, logged
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
