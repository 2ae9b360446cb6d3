"""A log whose checkpoints and dossiers are signed by a device with a key of another kind: SM2, end to end."""

import sys
from types import SimpleNamespace

import pytest

from audit.verification.verify import Trusted
from domain.log.keys import NAMED, SM2, Ed25519Signer, KeyWrong, PublicKey, read_public_key
from tests.audit.dossiers import dossier_of
from tests.audit.logs import LOG_KEY, MemoryLog, entered, logged
from tests.audit.test_log_proof import results, wrong

CASE = "nantong-2020.refused-late-then-impasse"
INSIDE = Ed25519Signer("inside", b"\x07" * 32)


class Device:
    """What signs as a device with an SM2 key would: its key has the form of one; what it computes is another matter."""

    key = PublicKey("device.example", NAMED, SM2 + INSIDE.key.content + bytes(32))

    def sign(self, message: bytes) -> bytes:
        return INSIDE.sign(message)


def made(key: bytes, message: bytes, signature: bytes) -> bool:
    """Stands for the library that checks SM2, which is not among what tests are run with."""
    try:
        INSIDE.key.check(message, signature)
    except KeyWrong:
        return False
    return key == INSIDE.key.content + bytes(32)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {"GmsslInnerError": ValueError, "InvalidValueError": ValueError}
    monkeypatch.setitem(sys.modules, "gmssl_pyx", SimpleNamespace(sm2_verify=made, **wrong))


@pytest.mark.usefixtures("library")
def test_a_log_may_be_signed_by_a_device() -> None:
    log = MemoryLog(Device())
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    key = read_public_key(Device.key.written())
    assert key == Device.key
    found = results(dossier, Trusted([key], log.checkpoint()))
    assert {check: found[check] for check in ("signature", "seal")} == {
        "signature": ("ok", "signed by device.example"),
        "seal": ("ok", "sealed by device.example"),
    }
    assert found["checkpoint"][0] == "ok"
    another = PublicKey(key.name, NAMED, SM2 + bytes(64))
    assert wrong(dossier, Trusted([another])).keys() == {"signature", "seal"}
    assert wrong(dossier, Trusted([LOG_KEY.key])).keys() == {"signature", "seal"}


def test_without_the_library_it_is_said_that_nobody_can_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gmssl_pyx", None)
    log = MemoryLog(Device())
    dossier = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log))
    told = wrong(dossier, Trusted([Device.key]))
    assert told.keys() == {"signature", "seal"}
    assert all("cannot be checked: SM2 needs pip install gmssl-pyx" in each for each in told.values())


def test_a_kind_that_is_not_known_by_its_name_is_refused() -> None:
    with pytest.raises(KeyWrong, match="not known here, only Ed25519, SM2 and cosignatures"):
        PublicKey("device.example", NAMED, b"another-kind-of-somebody" + bytes(64))
    with pytest.raises(KeyWrong, match="SM2 key has 64 bytes, this one 63"):
        PublicKey("device.example", NAMED, SM2 + bytes(63))
