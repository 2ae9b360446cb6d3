"""The log of a ledger: each event once, in order, and nobody can rewrite unseen what a checkpoint closed."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from domain.evidence import GENESIS, body_of, seal, verify_chain
from domain.log.checkpoints import checkpoint_in
from domain.log.entries import entry_of_event
from domain.log.heads import LogHead, head_at, key_of_acts, key_of_case
from domain.log.keys import Ed25519Signer
from domain.log.notes import read_note, signed_by
from domain.log.proofs import ProofWrong, check_consistency, check_inclusion
from domain.log.tree import TreeHash
from ledger.errors import AnotherLog
from ledger.log_book import LogBook
from ledger.queries import events_of
from ledger.recording import record_step
from tests.domain.log.roots import root_of
from tests.ledger.conftest import Steps

SIGNER = Ed25519Signer("shareflow/test", b"\x01" * 32)
AT = datetime(2026, 9, 18, 2, tzinfo=UTC)
SHA256 = TreeHash("sha256")


def recorded(own: Engine, resolve: Callable[..., object], *cases: str) -> None:
    for case in cases:
        record_step(own, Steps(case).filing(), resolve, "sm3")


def log_of(own: Engine) -> list[tuple[int, str, int]]:
    with own.connect() as connection:
        return [
            tuple(row) for row in connection.execute(text("SELECT place, request_id, seq FROM log_entries ORDER BY 1"))
        ]


def leaves(own: Engine) -> list[bytes]:
    """The hashes of all entries, from the events themselves."""
    entries = [(case, seq) for _, case, seq in log_of(own)]
    digests = {case: {event.seq: event.digest for event in events_of(own, case)} for case, _ in entries}
    return [SHA256.leaf(entry_of_event(case, seq, digests[case][seq])) for case, seq in entries]


def test_every_event_is_entered_once_in_the_order_of_readers(own: Engine, resolve) -> None:
    book = LogBook(own)
    assert book.extend() == 0
    recorded(own, resolve, "a", "b", "c")
    assert [book.extend(at_most=4), book.extend(at_most=4), book.extend()] == [4, 2, 0]
    assert log_of(own) == [
        (place, case, seq) for place, (case, seq) in enumerate((c, s) for c in "abc" for s in (1, 2))
    ]
    note = book.checkpoint(SIGNER, AT)
    checkpoint = checkpoint_in(read_note(note))
    assert (checkpoint.size, checkpoint.root) == (6, root_of(SHA256, leaves(own)))
    assert list(signed_by(read_note(note), [SIGNER.key])) == [SIGNER.key]


def test_a_checkpoint_is_made_once_for_what_is_there(own: Engine, resolve) -> None:
    book = LogBook(own)
    empty = book.checkpoint(SIGNER, AT)
    assert checkpoint_in(read_note(empty)).size == 0
    recorded(own, resolve, "a")
    first = book.checkpoint(SIGNER, AT)
    assert book.checkpoint(SIGNER, datetime.now(UTC)) == first
    newest = book.newest_checkpoint()
    assert newest is not None
    assert (newest.size, newest.note, newest.key) == (2, first, SIGNER.key.written())
    recorded(own, resolve, "b")
    book.checkpoint(SIGNER, AT)
    assert book.earlier_checkpoints(4, 50) == [0, 2]


def test_a_checkpoint_in_another_name_is_refused(own: Engine, resolve) -> None:
    LogBook(own).checkpoint(SIGNER, AT)
    recorded(own, resolve, "a")
    with pytest.raises(AnotherLog, match="in the name of shareflow/test, and the key is that of shareflow/other"):
        LogBook(own).checkpoint(Ed25519Signer("shareflow/other", b"\x02" * 32), AT)


def test_what_is_proved_can_be_checked(own: Engine, resolve) -> None:
    book = LogBook(own)
    recorded(own, resolve, *(f"case-{number}" for number in range(9)))
    first = checkpoint_in(read_note(book.checkpoint(SIGNER, AT)))
    recorded(own, resolve, *(f"later-{number}" for number in range(6)))
    second = checkpoint_in(read_note(book.checkpoint(SIGNER, AT)))
    digests = {event.seq: event.digest for event in events_of(own, "case-4")}
    for proof in book.inclusion("case-4", second.size):
        content = entry_of_event("case-4", proof.number, digests[proof.number])
        check_inclusion(SHA256, SHA256.leaf(content), proof.place, second.size, proof.sha256, second.root)
        sm3 = TreeHash("sm3")
        check_inclusion(sm3, sm3.leaf(content), proof.place, second.size, proof.sm3, second.sm3_root or b"")
    assert [proof.number for proof in book.inclusion("case-4", 9)] == [1]
    assert book.inclusion("nobody", second.size) == []
    grown, _ = book.consistency(first.size, second.size)
    check_consistency(SHA256, first.size, first.root, second.size, second.root, grown)


def test_where_a_case_ended_is_shown_for_each_checkpoint(own: Engine, resolve) -> None:
    book, key = LogBook(own), key_of_case("case-4")
    recorded(own, resolve, *(f"case-{number}" for number in range(9)))
    first = checkpoint_in(read_note(book.checkpoint(SIGNER, AT)))
    recorded(own, resolve, *(f"later-{number}" for number in range(6)))
    second = checkpoint_in(read_note(book.checkpoint(SIGNER, AT)))
    last, later = events_of(own, "case-4")[-1], key_of_case("later-2")
    ways = book.ways([key, later, key_of_acts("case-4")], [first.size, second.size, 7])
    assert ways.keys() == {first.size, second.size}
    for checkpoint in (first, second):
        here, other, acts = ways[checkpoint.size]
        assert checkpoint.heads is not None
        assert head_at(checkpoint.heads, key, here) == LogHead(key, last.seq, bytes.fromhex(last.digest))
        assert (head_at(checkpoint.heads, later, other) is None) == (checkpoint is first)
        assert head_at(checkpoint.heads, key_of_acts("case-4"), acts) is None


def test_writers_at_once_enter_each_event_once(own: Engine, resolve) -> None:
    recorded(own, resolve, *(f"case-{number}" for number in range(20)))
    failed: list[BaseException] = []

    def write() -> None:
        try:
            while LogBook(own).extend(at_most=3):
                pass
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [(place, f"case-{place // 2}", place % 2 + 1) for place in range(40)] == log_of(own)


def test_a_step_that_is_not_committed_is_not_overtaken(own: Engine, resolve) -> None:
    """What is written later must not be entered before what began earlier and may still come."""
    book = LogBook(own)
    with own.connect() as slow:
        slow.execute(text("SELECT pg_current_xact_id()"))
        recorded(own, resolve, "quick")
        assert book.extend() == 0
        slow.rollback()
    assert book.extend() == 2


def test_a_superuser_who_rewrites_the_past_is_caught_by_an_earlier_checkpoint(own: Engine, resolve) -> None:
    """Who owns the database can switch off its rules, and compute chain and log anew; but not what others have kept."""
    book = LogBook(own)
    recorded(own, resolve, "a", "b")
    kept = checkpoint_in(read_note(book.checkpoint(SIGNER, AT)))
    recorded(own, resolve, "c")
    rewrite(own, "a")
    verify_chain(events_of(own, "a"), "sm3", head_of(own, "a"))  # nothing in the case itself shows it
    forged = checkpoint_in(read_note(LogBook(own).checkpoint(SIGNER, AT)))
    assert forged.root == root_of(SHA256, leaves(own))
    path, _ = LogBook(own).consistency(kept.size, forged.size)
    with pytest.raises(ProofWrong, match="does not lead to the root of the"):
        check_consistency(SHA256, kept.size, kept.root, forged.size, forged.root, path)


def head_of(own: Engine, case: str) -> str:
    with own.connect() as connection:
        found = connection.execute(text("SELECT head_digest FROM cases WHERE request_id = :case"), {"case": case})
        return str(found.scalar_one())


def rewrite(own: Engine, case: str) -> None:
    """Another purpose in the first event, the chain of its case made to fit, and the log begun anew."""
    tables = ("events", "cases", "log_entries", "log_nodes", "checkpoints")
    events, prev = events_of(own, case), GENESIS
    with own.begin() as connection:
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        for event in events:
            data = {**event.data, "purpose": "其他用途"} if event.seq == 1 else event.data
            digest = seal({**body_of(event), "data": data}, prev, "sm3")
            values = {"purpose": "其他用途", "prev": prev, "digest": digest, "case": case, "seq": event.seq}
            changed = "data = data || jsonb_build_object('purpose', :purpose ::text)," if event.seq == 1 else ""
            connection.execute(
                text(
                    f"UPDATE events SET {changed} prev = decode(:prev, 'hex'), digest = decode(:digest, 'hex') "
                    "WHERE request_id = :case AND seq = :seq"
                ),
                values,
            )
            prev = digest
        connection.execute(
            text("UPDATE cases SET head_digest = :head WHERE request_id = :case"), {"head": prev, "case": case}
        )
        for table in ("log_entries", "log_nodes", "checkpoints"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("DELETE FROM outbox_marks WHERE mark = 'logged'"))
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))


TAKEN = {
    "all, and the checkpoints": "TRUNCATE log_entries, log_nodes, checkpoints CASCADE",
    "all": "TRUNCATE log_entries, log_nodes",
    "the last": "DELETE FROM log_entries WHERE place = 3",
    "the last, and the checkpoints": "DELETE FROM log_entries WHERE place = 3; TRUNCATE checkpoints CASCADE",
}


@pytest.mark.parametrize("taken", TAKEN)
def test_a_log_from_which_entries_were_taken_is_not_signed(own: Engine, resolve, taken: str) -> None:
    book = LogBook(own)
    assert book.is_whole()
    recorded(own, resolve, "a", "b")
    book.checkpoint(SIGNER, AT)
    recorded(own, resolve, "c")
    assert book.is_whole()
    with own.begin() as connection:
        for table in ("log_entries", "log_nodes", "checkpoints", "cosignatures", "timestamps"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        connection.execute(text(TAKEN[taken]))
    assert not book.is_whole()
    for signing in (book.extend, lambda: book.checkpoint(SIGNER, AT)):
        with pytest.raises(AnotherLog, match="Entries were taken out of the log"):
            signing()
