"""Notes, keys and checkpoints: the examples of the standards, and whatever is not one of them."""

import hashlib
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.evidence import BEIJING
from domain.log.checkpoints import Checkpoint, checkpoint_in
from domain.log.keys import COSIGNATURE, ED25519, Ed25519Signer, KeyWrong, PublicKey, Witness, read_public_key
from domain.log.notes import NoteWrong, SignedNote, read_note, signed_by

EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72Iney"
    "aQM=\n"
)
"""A note and its key that implementations of the standard test themselves with."""
SOFA = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo"
    "+zyWE+xeMcTOAYQ8=\n"
)
"""The checkpoint that the standard shows."""
OURS, OTHERS = Ed25519Signer("log.example/shareflow", b"\x01" * 32), Ed25519Signer("log.example/other", b"\x02" * 32)
AT = datetime(2026, 3, 5, 9, tzinfo=BEIJING)
CHECKPOINT = Checkpoint("log.example/shareflow", 30, hashlib.sha256(b"a").digest(), hashlib.sha256(b"b").digest(), AT)


def test_the_example_of_the_standard_is_read_and_signed() -> None:
    key = read_public_key(EXAMPLE_KEY)
    note = read_note(EXAMPLE)
    assert list(signed_by(note, [key])) == [key]
    assert key.written() == EXAMPLE_KEY
    assert note.written() == EXAMPLE


def test_the_checkpoint_of_the_standard_is_read() -> None:
    checkpoint = checkpoint_in(read_note(SOFA))
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.note().text == read_note(SOFA).text
    with pytest.raises(NoteWrong, match="none of the keys that are trusted"):
        signed_by(read_note(SOFA), [OURS.key])


def test_a_checkpoint_comes_back_as_it_was_made() -> None:
    note = CHECKPOINT.note().signed(OURS)
    assert read_note(note.written()) == note
    assert checkpoint_in(note) == CHECKPOINT
    assert list(signed_by(note, [OTHERS.key, OURS.key])) == [OURS.key]


def test_a_witness_says_when_it_saw_it() -> None:
    witness = Witness("audit.example", b"\x03" * 32, lambda: 1_700_000_000.9)
    note = read_note(CHECKPOINT.note().signed(OURS).signed(witness).written())
    assert list(signed_by(note, [OURS.key, witness.key])) == [OURS.key, witness.key]
    assert note.signatures[1].content[:8] == (1_700_000_000).to_bytes(8, "big")
    later = note.signatures[1].content[:7] + b"\xff" + note.signatures[1].content[8:]
    forged = SignedNote(
        note.text, (note.signatures[0], type(note.signatures[1])("audit.example", witness.key.id, later))
    )
    with pytest.raises(NoteWrong, match=r"audit\.example"):
        signed_by(forged, [OURS.key, witness.key])


@given(st.data())
def test_no_other_text_is_signed(data: st.DataObject) -> None:
    note = CHECKPOINT.note().signed(OURS)
    place = data.draw(st.integers(0, len(note.text) - 2))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda each: each != note.text[place]))
    forged = SignedNote(note.text[:place] + other + note.text[place + 1 :], note.signatures)
    with pytest.raises(NoteWrong, match="not that key's"):
        signed_by(forged, [OURS.key])


def test_the_same_name_with_another_key_is_another_key() -> None:
    impostor = Ed25519Signer("log.example/shareflow", b"\x09" * 32)
    with pytest.raises(NoteWrong, match="none of the keys"):
        signed_by(CHECKPOINT.note().signed(impostor), [OURS.key])


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "a text, an empty line"),
        ("a\n", "a text, an empty line"),
        ("a\n\n", "a text, an empty line"),
        ("a\n\nb\n", "a dash, the name"),
        ("a\n\n\u2014 name !!!!\n", "a dash, the name"),
        ("a\n\n\u2014 name AAAA\n", "a dash, the name"),
        ("a\n\n\u2014 na+me AAAAAAAA\n", "a dash, the name"),
        (EXAMPLE.removesuffix("\n"), "a text, an empty line"),
        (EXAMPLE.replace("example message", "exam\tple"), "plain text"),
        ("a\n\n" + "\u2014 name AAAAAAAA\n" * 101, "no more than 100 signatures"),
        ("a" * (1 << 20) + EXAMPLE, "no more than 1048576 bytes"),
        ("\ud800" + EXAMPLE, "plain text"),
    ],
)
def test_what_is_no_note_is_told_why(written: str, why: str) -> None:
    with pytest.raises(NoteWrong, match=why):
        read_note(written)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a\n1\n", "at least three lines"),
        ("a\n\nb\n", "at least three lines"),
        ("a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "a whole number"),
        ("a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", "a whole number"),
        ("a\n1\nAAAA\n", "32 bytes"),
        ("a\n1\n\u4e2d\n", "32 bytes"),
        (CHECKPOINT.note().text + "sm3 AAAA\n", "one root by SM3"),
        (CHECKPOINT.note().text + "time 2026-03-05\n", "one time"),
        (CHECKPOINT.note().text.replace("09:00", "9:00"), "time of a checkpoint"),
    ],
)
def test_what_is_no_checkpoint_is_told_why(text: str, why: str) -> None:
    with pytest.raises(NoteWrong, match=why):
        checkpoint_in(SignedNote(text))


def test_lines_of_others_are_passed_over() -> None:
    assert checkpoint_in(SignedNote(CHECKPOINT.note().text + "something else\n")) == CHECKPOINT


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "a public key is"),
        ("-----BEGIN PUBLIC KEY-----", "a public key is"),
        (EXAMPLE_KEY.replace("530d903a", "530d903b"), "copied wrongly"),
        (EXAMPLE_KEY.replace("foo", "bar"), "copied wrongly"),
        ("name+00000000+AekyeQ==", "has 32 bytes"),
        ("name+00000000+A", "base64"),
        ("name+00000000+CekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "not known here"),
    ],
)
def test_what_is_no_key_is_told_why(line: str, why: str) -> None:
    with pytest.raises(KeyWrong, match=why):
        read_public_key(line)


def test_a_key_has_a_name_and_a_length() -> None:
    with pytest.raises(KeyWrong, match="neither blanks nor plus"):
        PublicKey("two words", ED25519, b"\x00" * 32)
    with pytest.raises(KeyWrong, match="32 bytes"):
        Ed25519Signer("name", b"short")
    assert read_public_key(Witness("w", b"\x05" * 32, lambda: 0).key.written()).kind == COSIGNATURE
