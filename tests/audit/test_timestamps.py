"""Timestamps (RFC 3161): what a third authority has seen cannot be said to have come later, or otherwise."""

import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.x509 import Certificate
from hypothesis import given
from hypothesis import strategies as st

from audit.dossier.contents import STAMP, CaseDossier
from audit.dossier.stamp import log_stamp
from audit.verification.record import events_in
from audit.verification.verify import Trusted, verify
from cli.audit_work import TrustedFiles
from cli.errors import Failure
from domain.evidence import canonical_json
from domain.log.der import with_certificates_in_order
from domain.log.heads import LogHead, key_of_acts
from domain.log.notes import read_note
from domain.log.timestamps import TimestampWrong, request_for, stamped_at
from tests.audit.dossiers import dossier_of, resealed
from tests.audit.logs import ForgetsActs, MemoryLog, entered, entry_and_head, logged
from tests.audit.test_verification import events_of, with_events
from tests.audit.timestamp_authority import OpensslAuthority

CASE = "nantong-2020.refused-late-then-impasse"
SEEN = 10


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> OpensslAuthority:
    return OpensslAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def answered(authority: OpensslAuthority) -> bytes:
    """What it answers of the checkpoint of a log with some of the case's events."""
    return authority.stamp(read_note(seen_by_then()).text)


def seen_by_then() -> str:
    log = MemoryLog()
    entered(dossier_of(CASE), log, upto=SEEN)
    return log.checkpoint()


def stamped(dossier: CaseDossier, response: bytes) -> CaseDossier:
    """A dossier whose log goes on from the checkpoint that was stamped."""
    log = MemoryLog()
    places = entered(dossier, log, upto=SEEN)
    covered, note = log.trees[0].size, log.checkpoint()
    places += [log.enter(*entry_and_head(dossier, event)) for event in events_in(dossier)[SEEN:]]
    whole = logged(dossier, log, places, earlier=[covered])
    return resealed(whole, {**whole.files, STAMP: log_stamp(note, response).written()})


def said(dossier: CaseDossier, authorities: Sequence[Certificate]) -> tuple[str, str]:
    found = {each.check: (each.result, each.detail) for each in verify(dossier, Trusted(authorities=authorities))}
    return found["timestamp"]


def test_what_the_authority_has_seen_is_told_with_its_time(authority: OpensslAuthority, answered: bytes) -> None:
    dossier = stamped(dossier_of(CASE), answered)
    result, detail = said(dossier, [authority.root])
    assert result == "ok"
    assert detail.startswith("10 of 19 events seen on 20")
    assert "+08:00; the log of 29 entries goes on from the 20 of the checkpoint of timestamp.json" in detail
    assert said(dossier, ()) == (
        "skipped",
        "no certificate of an authority for timestamps was given: --timestamp-root FILE",
    )


def test_without_a_timestamp_nothing_is_shown(authority: OpensslAuthority) -> None:
    assert said(dossier_of(CASE), ())[0] == "skipped"
    result, detail = said(dossier_of(CASE), [authority.root])
    assert (result, detail) == (
        "FAIL",
        "the dossier has no timestamp.json: no authority for timestamps had seen its log",
    )


def test_another_authority_and_another_text_prove_nothing(
    authority: OpensslAuthority, answered: bytes, tmp_path: Path
) -> None:
    other = OpensslAuthority(tmp_path)
    assert "no timestamp of this text" in said(stamped(dossier_of(CASE), answered), [other.root])[1]
    elsewhere = authority.stamp("another text")
    assert "no timestamp of this text" in said(stamped(dossier_of(CASE), elsewhere), [authority.root])[1]
    with pytest.raises(TimestampWrong, match="Nonce"):
        stamped_at(answered, read_note(seen_by_then()).text, [authority.root], request_for("x"))


def test_an_authority_may_pack_its_chain_as_openssl_does(tmp_path: Path) -> None:
    """OpenSSL packs certificates in no order of DER's, here in one that is not it."""
    chained = OpensslAuthority(tmp_path)
    chained.packs_its_chain()
    answer = chained.stamp(read_note(seen_by_then()).text)
    assert said(stamped(dossier_of(CASE), answer), [chained.root])[0] == "ok"
    assert with_certificates_in_order(with_certificates_in_order(answer)) == with_certificates_in_order(answer)
    for cut in (b"", answer[:9], answer + b"x", answer[:-1]):
        with pytest.raises(TimestampWrong, match="not the answer of an authority"):
            stamped_at(cut, "x", [chained.root])


def test_what_openssl_notes_is_told_in_words(answered: bytes, tmp_path: Path) -> None:
    told = said(stamped(dossier_of(CASE), answered), [OpensslAuthority(tmp_path).root])[1]
    assert told.endswith("Unable to verify pkcs7 signature (certificate verify error)")


def test_what_was_rewritten_since_is_found_out(authority: OpensslAuthority, answered: bytes) -> None:
    """With the operator's own key: chain, log and checkpoint are made anew, but the stamp cannot be."""
    events = events_of(dossier_of(CASE))
    events[3]["data"] = {**events[3]["data"], "reason": "what was never said"}
    forged = with_events(dossier_of(CASE), events, chained=True)
    whole = stamped(forged, answered)
    true = log_stamp(seen_by_then(), answered).written()
    assert said(whole, [authority.root])[0] == "FAIL"
    result, detail = said(resealed(whole, {**whole.files, STAMP: true}), [authority.root])
    assert (result, "rewritten since the checkpoint of timestamp.json" in detail) == ("FAIL", True)


def test_an_act_that_the_authority_had_seen_is_not_left_out(authority: OpensslAuthority) -> None:
    """Its log signs a map without it for the packed checkpoint, as its operator may have it do."""
    dossier, log = dossier_of(CASE), MemoryLog()
    case = dossier.manifest.request_id
    places = entered(dossier, log)
    log.enter(b"an act", LogHead(key_of_acts(case), 1, b"\x01" * 32))
    seen, size = log.checkpoint(), log.trees[0].size
    log.enter(b"something else")
    whole = logged(dossier, ForgetsActs.since(log, dossier, size), places, earlier=[size])
    stamp = log_stamp(seen, authority.stamp(read_note(seen).text))
    assert said(resealed(whole, {**whole.files, STAMP: stamp.written()}), [authority.root]) == (
        "FAIL",
        "the last act on the case that the log has by the checkpoint of timestamp.json is 1",
    )


def test_a_timestamp_has_one_form(authority: OpensslAuthority, answered: bytes) -> None:
    whole = stamped(dossier_of(CASE), answered)
    held = json.loads(whole.files[STAMP])
    for wrong in (
        b"x",
        whole.files[STAMP] + b"\n",
        f"{canonical_json({**held, 'response': held['response'] + '===='})}\n".encode(),
        f"{canonical_json({**held, 'response': '?'})}\n".encode(),
        f"{canonical_json({**held, 'more': 1})}\n".encode(),
    ):
        result, detail = said(resealed(whole, {**whole.files, STAMP: wrong}), [authority.root])
        assert (result, "not the timestamp of a dossier" in detail) == ("FAIL", True)
    no_note = f"{canonical_json({**held, 'checkpoint': 'x'})}\n".encode()
    assert (
        "the checkpoint of timestamp.json"
        in said(resealed(whole, {**whole.files, STAMP: no_note}), [authority.root])[1]
    )


@given(st.data())
def test_no_bit_of_an_answer_proves_another_time(
    authority: OpensslAuthority, answered: bytes, data: st.DataObject
) -> None:
    """Whatever is changed of it: it proves nothing, or what it proved before."""
    text = read_note(seen_by_then()).text
    at = stamped_at(answered, text, [authority.root])
    changed = bytearray(answered)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(TimestampWrong):
        assert stamped_at(bytes(changed), text, [authority.root]) == at


def test_the_certificates_are_read_from_a_file(authority: OpensslAuthority, tmp_path: Path) -> None:
    assert TrustedFiles(None, None, authority.root_file).read().authorities == [authority.root]
    none = tmp_path / "none.pem"
    none.write_bytes(base64.b64encode(b"no certificate"))
    with pytest.raises(Failure, match="no certificate in PEM"):
        TrustedFiles(None, None, none).read()
