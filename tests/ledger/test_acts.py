"""Acts of those who run the engine: chained, recorded with what they do, and in the log in order with the events."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from domain.evidence import GENESIS
from domain.log.acts import Acting, ActKind, NewAct, digest_of_act
from domain.log.checkpoints import checkpoint_in
from domain.log.entries import entry_of_act
from domain.log.keys import Ed25519Signer
from domain.log.notes import read_note
from domain.log.proofs import ProofWrong, check_consistency, check_inclusion
from domain.log.tree import TreeHash
from domain.messages import words
from domain.words import Role
from ledger.errors import BadCursor
from ledger.log_book import LogBook
from ledger.queries.acts import note_act
from ledger.reader import Reader
from ledger.recording import record_step
from ledger.writer import Writer
from tests.ledger.conftest import Steps

SIGNER = Ed25519Signer("shareflow/test", b"\x01" * 32)
OPERATOR = Acting(subject="wang", org="bureau", roles=(Role.OPERATOR,))
SHA256 = TreeHash("sha256")


def act(target: str = "duties", request_id: str | None = None, **details: object) -> NewAct:
    return NewAct(kind=ActKind.DUTIES_SYNC, by=OPERATOR, target=target, request_id=request_id, details=details)


def entries(own: Engine) -> list[object]:
    with own.connect() as connection:
        found = connection.execute(text("SELECT act, request_id, seq FROM log_entries ORDER BY place"))
        return [row.act or (row.request_id, row.seq) for row in found]


def test_acts_are_numbered_and_each_carries_the_digest_of_the_one_before(own: Engine) -> None:
    writer, reader = Writer(own), Reader(own)
    made = [writer.note_act(act(f"duty/{number}", how=["再", number])) for number in range(3)]
    assert [each.number for each in made] == [1, 2, 3]
    assert [each.prev for each in made] == [GENESIS, made[0].digest, made[1].digest]
    page, following = reader.all_acts(limit=2)
    rest, end = reader.all_acts(following, limit=2)
    assert ([*page, *rest], end) == (made[::-1], None)
    assert all(digest_of_act(each) == each.digest for each in page)
    with pytest.raises(BadCursor):
        reader.all_acts("x")


def test_every_kind_of_act_has_its_words() -> None:
    assert words("act").keys() == {kind.value for kind in ActKind}


def test_those_about_a_case_are_found_by_it(own: Engine) -> None:
    writer, reader = Writer(own), Reader(own)
    for case in ("a", "b", None, "a"):
        writer.note_act(act(request_id=case))
    assert [each.number for each in reader.acts("a")] == [1, 4]
    assert reader.acts("nobody") == ()


def test_an_act_stands_or_falls_with_what_it_does(own: Engine) -> None:
    with own.connect() as connection:
        note_act(connection, act())
        connection.rollback()
    assert Reader(own).all_acts() == ([], None)


def test_many_at_once_make_one_chain(own: Engine) -> None:
    failed: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(5):
                Writer(own).note_act(act())
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    made = Reader(own).all_acts(limit=50)[0][::-1]
    assert [each.number for each in made] == list(range(1, 21))
    assert [each.prev for each in made[1:]] == [each.digest for each in made[:-1]]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE operator_acts SET reason = 'x'",
        "DELETE FROM operator_acts",
        "TRUNCATE operator_acts",
        "SET LOCAL session_replication_role = replica; DELETE FROM operator_acts",
        "INSERT INTO operator_acts (number, at, kind, by, target, details, prev, digest) "
        "SELECT number + 1, at, kind, by, target, details, prev, digest FROM operator_acts",
        "INSERT INTO operator_acts (number, at, kind, by, target, details, prev, digest) "
        "SELECT number + 2, at, kind, by, target, details, digest, digest FROM operator_acts",
    ],
)
def test_the_database_refuses_to_change_one(own: Engine, change: str) -> None:
    Writer(own).note_act(act())
    with pytest.raises(IntegrityError, match="Ledger rule"), own.begin() as connection:
        connection.execute(text(change))


def test_acts_and_events_are_entered_in_the_order_in_which_they_came(
    own: Engine, resolve: Callable[..., object]
) -> None:
    writer, book = Writer(own), LogBook(own)
    writer.note_act(act())
    record_step(own, Steps("a").filing(), resolve, "sm3")
    writer.note_act(act(request_id="a"))
    writer.note_act(act())
    record_step(own, Steps("b").filing(), resolve, "sm3")
    while book.extend(at_most=2):
        pass
    assert entries(own) == [1, ("a", 1), ("a", 2), 2, 3, ("b", 1), ("b", 2)]


def test_an_act_that_is_not_committed_keeps_back_what_came_after(own: Engine, resolve: Callable[..., object]) -> None:
    book = LogBook(own)
    with own.connect() as slow:
        note_act(slow, act())
        record_step(own, Steps("quick").filing(), resolve, "sm3")
        assert book.extend() == 0
        slow.commit()
    assert book.extend() == 3
    assert entries(own) == [1, ("quick", 1), ("quick", 2)]


def test_a_checkpoint_proves_an_act_and_shows_that_one_was_rewritten(own: Engine) -> None:
    writer, book = Writer(own), LogBook(own)
    made = [writer.note_act(act(request_id=case)) for case in ("a", "b", "a")]
    kept = checkpoint_in(read_note(book.checkpoint(SIGNER, datetime.now(UTC))))
    for proof, each in zip(book.inclusion_of_acts([1, 3], kept.size), (made[0], made[2]), strict=True):
        leaf = SHA256.leaf(entry_of_act(each.number, each.digest))
        check_inclusion(SHA256, leaf, proof.place, kept.size, proof.sha256, kept.root)
    assert book.inclusion_of_acts([3], 2) == []

    tables = ("operator_acts", "log_entries", "log_nodes", "checkpoints")
    with own.begin() as connection:  # the owner of the database begins all of it anew, with another first act
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            connection.execute(text(f"DELETE FROM {table}"))
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))
        connection.execute(text("DELETE FROM outbox_marks WHERE mark = 'logged'"))
    for case in ("other", "b", "a", "a"):
        writer.note_act(act(request_id=case))
    forged = checkpoint_in(read_note(book.checkpoint(SIGNER, datetime.now(UTC))))
    path, _ = book.consistency(kept.size, forged.size)
    with pytest.raises(ProofWrong):
        check_consistency(SHA256, kept.size, kept.root, forged.size, forged.root, path)
