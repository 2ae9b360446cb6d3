"""What surely did not arrive is sent again, what may have is not: whatever fails meanwhile."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from background.notifying import notifier as notifying
from background.notifying.notifier import GIVEN_UP_AFTER, LEASE
from background.notifying.outcomes import Fate, SendingOutcome
from domain.words import Role
from ledger.notification_tables import console_notification_watch
from ledger.queries.operations import take_watch
from tests.api.callers import Bearer, People
from tests.notifying.conftest import Bell, Officer, waiting_for
from tests.notifying.mailbox import Mailbox


async def test_what_surely_did_not_arrive_is_tried_again_and_not_for_ever(
    people: People,
    bell: Bell,
    box: Mailbox,
    officer: Callable[..., Officer],
    told_api: httpx.AsyncClient,
    bearer: Bearer,
) -> None:
    wang = officer(Role.PROVIDER, "AGAIN-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["breach"])
    await bell.ring()
    _, due_at = await waiting_for(people, "AGAIN-1")
    bell.at, box.rcpt = due_at + timedelta(minutes=1), "450 busy"
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    bell.at, box.rcpt = bell.at + timedelta(minutes=2), "250 well"
    assert await bell.ring() == 1
    assert len(box.accepted) == 1
    await waiting_for(people, "AGAIN-1")
    box.rcpt = "450 busy"
    begun = 0
    for _ in range(10):
        begun += await bell.ring()
        bell.at += timedelta(hours=4)
    assert begun == 1 + len(notifying.AGAIN)
    operator = bearer(Role.OPERATOR, "operations")
    [lost] = (await told_api.get("/v1/notifications/undelivered", headers=operator)).json()["items"]
    assert (lost["state"], lost["state_label"], lost["error"], lost["tries"]) == ("failed", "未送达", "450 busy", 6)


async def test_what_may_have_arrived_is_never_sent_again(
    people: People,
    bell: Bell,
    box: Mailbox,
    officer: Callable[..., Officer],
    told_api: httpx.AsyncClient,
    bearer: Bearer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wang = officer(Role.PROVIDER, "CRASH-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["breach"])
    await bell.ring()
    _, due_at = await waiting_for(people, "CRASH-1")
    bell.at = due_at + timedelta(minutes=1)

    def killed(*_: object) -> SendingOutcome:
        raise SystemError("the process is gone")

    with monkeypatch.context() as crash:
        crash.setattr(notifying, "send_letter", killed)
        with pytest.raises(SystemError):
            await bell.ring()
    assert await bell.ring() == 0
    operator = bearer(Role.OPERATOR, "operations")
    assert (await told_api.get("/v1/notifications/undelivered", headers=operator)).json()["items"] == []
    bell.at += GIVEN_UP_AFTER + timedelta(seconds=1)
    assert [await bell.ring() for _ in range(2)] == [0, 0]
    assert box.accepted == []
    [lost] = (await told_api.get("/v1/notifications/undelivered", headers=operator)).json()["items"]
    assert (lost["state"], lost["recipient"], lost["kind"]) == ("unknown", "wang", "breach")
    refused = await told_api.get("/v1/notifications/undelivered", headers=wang.headers)
    assert refused.status_code == 403


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_meanwhile_nobody_is_told_twice(
    people: People,
    bell: Bell,
    box: Mailbox,
    officer: Callable[..., Officer],
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Notifiers side by side, servers that are busy or hang up, processes that die: in any order."""
    chance = random.Random(seed)
    org = f"ANY-{seed}"
    wang = officer(Role.PROVIDER, org, "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["due", "breach"])
    await bell.ring()
    due = [(await waiting_for(people, org))[1] for _ in range(2)]
    bell.at = min(due) - timedelta(hours=3)

    async def two_at_once() -> None:
        await asyncio.gather(bell.ring(), bell.ring())

    async def busy() -> None:
        box.rcpt = "450 busy"
        await bell.ring()
        box.rcpt = "250 well"

    async def hung_up() -> None:
        box.dies = True
        await bell.ring()
        box.dies = False

    async def killed() -> None:
        def dead(*_: object) -> SendingOutcome:
            raise SystemError("the process is gone")

        with monkeypatch.context() as crash, contextlib.suppress(SystemError):
            crash.setattr(notifying, "send_letter", dead)
            await bell.ring()

    for _ in range(10):
        await chance.choice([bell.ring, two_at_once, busy, hung_up, killed])()
        bell.at += timedelta(minutes=chance.choice([0, 2, 7, 60, 200]))
    told = Counter(
        line for message in box.accepted for line in Mailbox.text_of(message).splitlines() if line.startswith("【")
    )
    assert max(told.values(), default=1) == 1


def test_every_fate_ends_somewhere() -> None:
    assert set(notifying._STATES) == set(Fate)


async def test_of_several_notifiers_one_is_elected(
    people: People, bell: Bell, box: Mailbox, officer: Callable[..., Officer]
) -> None:
    wang = officer(Role.PROVIDER, "ELECT-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["breach"])
    await bell.ring()
    _, due_at = await waiting_for(people, "ELECT-1")
    bell.at = due_at + timedelta(minutes=1)
    running = [asyncio.create_task(bell.notifier().keep_notifying()) for _ in range(3)]
    async with asyncio.timeout(20):
        while not box.accepted:  # noqa: ASYNC110 - the mailbox is another thread's
            await asyncio.sleep(0.05)
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    assert len(box.accepted) == 1
    engine = bell.context.reader.engine
    assert not take_watch(engine, "another", LEASE, console_notification_watch)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM console_notification_watch"))
