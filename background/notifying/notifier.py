"""The notifier: one of the workers determines what is to be notified, writes it to the ledger, and then sends it.

Delivery is at most once: a row is claimed before it is sent, and one whose sending never finished is marked unknown for
operators to see. Only what certainly did not arrive is retried, a limited number of times.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from background.notifying.mail import Letter, MailServer, send_letter
from background.notifying.occasions import Lookout, Occasion, Surroundings
from background.notifying.outcomes import Fate, SendingOutcome, outcome_of
from background.notifying.robots import tell_group
from background.notifying.wording import signed_off
from background.webhooks.sending import Sender
from domain.messages import label
from ledger.engine import Engine
from ledger.notification_tables import console_notification_watch
from ledger.queries.notifications import (
    DueNotification,
    NewNotification,
    NotificationState,
    claim_notifications,
    known_occasions,
    note_outcome,
    send_later,
    silent_are_unknown,
    write_notifications,
)
from ledger.queries.notified import NotificationChannel, Notified, all_notified, begun_are, notified
from ledger.queries.operations import take_watch

log = logging.getLogger("shareflow.notifications")

EVERY: Final = timedelta(seconds=30)
LEASE: Final = timedelta(seconds=90)
"""After this silence of the notifying worker another one takes over."""
GIVEN_UP_AFTER: Final = timedelta(minutes=5)
"""Age at which an unfinished sending is given up; far longer than one may take."""
AGAIN: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
)
"""Delays after the first, second … failure of something that certainly did not arrive."""
IN_ONE: Final = {NotificationChannel.MAIL: 50, NotificationChannel.GROUP: 6}
"""Notifications for one recipient in one message."""
LAST_SECONDS: Final = 5.0
"""How long a stopping notifier waits for a sending in progress."""

LookAround = Callable[[datetime], Surroundings]
"""Returns the surroundings at an instant; blocks."""


def now() -> datetime:
    """The current instant."""
    return datetime.now(UTC)


class Notifier:
    """The notifier of one ledger.

    ``look_around`` says what the operator set and which days count; ``mail`` is None where there is none.
    """

    def __init__(
        self,
        engine: Engine,
        sender: Sender,
        mail: MailServer | None,
        look_around: LookAround,
        now: Callable[[], datetime] = now,
    ) -> None:
        self._engine = engine
        self._sender = sender
        self._mail = mail
        self._look_around = look_around
        self._now = now

    async def notify(self) -> int:
        """Write new notifications and send those due; returns how many messages were begun."""
        around = await asyncio.to_thread(self._write_what_is_new)
        begun = 0
        while claimed := await asyncio.to_thread(self._claim):
            await self._undisturbed(claimed, around)
            begun += 1
        return begun

    async def keep_notifying(self) -> None:
        """Notify every half minute, until cancelled, as long as no other worker does."""
        holder = uuid.uuid4().hex
        while True:
            try:
                if await asyncio.to_thread(take_watch, self._engine, holder, LEASE, console_notification_watch):
                    await self.notify()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # it must survive any failure of the database or of an operator's file
                log.warning("notifications postponed", extra={"error": f"{type(error).__name__}: {error}"})
            await asyncio.sleep(EVERY.total_seconds())

    # What is new

    def _write_what_is_new(self) -> Surroundings:
        at = self._now()
        silent_are_unknown(self._engine, at - GIVEN_UP_AFTER, at)
        around = self._look_around(at)
        lookout, people = Lookout(self._engine, around), all_notified(self._engine)
        new = [each for owner in people for each in self._new_for(lookout, owner)]
        # What is to be sent is written before what is skipped, which must not take its place.
        for chosen in (True, False):
            write_notifications(self._engine, [it for it in new if (it.state is not _BEFORE) is chosen], at)
        for owner in people:
            reached = {channel: kinds for channel, kinds in owner.wanted.items() if lookout.recipient(owner, channel)}
            if reached != {channel: owner.begun.get(channel, frozenset()) for channel in reached}:
                begun_are(self._engine, owner.owner, owner.wanted, {**owner.begun, **reached})
        return around

    def _new_for(self, lookout: Lookout, owner: Notified) -> Iterable[NewNotification]:
        for channel in owner.wanted:
            recipient = lookout.recipient(owner, channel)
            if recipient is None:
                continue
            found = {each.key: each for each in lookout.occasions(owner, channel)}
            known = known_occasions(self._engine, list(found), recipient, channel)
            for each in found.values():
                if each.key not in known:
                    yield _new(each, owner, channel, recipient)

    # Sending

    def _claim(self) -> Sequence[DueNotification]:
        channels = [channel for channel in NotificationChannel if channel is not _MAIL or self._mail]
        return claim_notifications(self._engine, self._now(), {channel: IN_ONE[channel] for channel in channels})

    async def _undisturbed(self, claimed: Sequence[DueNotification], around: Surroundings) -> None:
        """Send and record the outcome, shielded for a short time from cancellation."""
        telling = asyncio.create_task(self._tell(claimed, around))
        try:
            await asyncio.shield(telling)
        except asyncio.CancelledError:
            await asyncio.wait([telling], timeout=LAST_SECONDS)
            raise

    async def _tell(self, claimed: Sequence[DueNotification], around: Surroundings) -> None:
        mails = claimed[0].channel is _MAIL
        outcome = await (self._by_mail(claimed, around) if mails else self._in_group(claimed, around))
        ids, tries = [each.id for each in claimed], max(each.tries for each in claimed)
        if outcome.fate is Fate.NOT_TAKEN and tries <= len(AGAIN):
            then = self._now() + AGAIN[tries - 1]
            await asyncio.to_thread(send_later, self._engine, ids, then, outcome.error or "")
            return
        state = _STATES[outcome.fate]
        if state is not NotificationState.SENT:
            log.warning("notification lost", extra={"ids": ids, "state": state.value, "error": outcome.error})
        await asyncio.to_thread(note_outcome, self._engine, ids, state, self._now(), outcome.error)

    async def _by_mail(self, claimed: Sequence[DueNotification], around: Surroundings) -> SendingOutcome:
        owner = await asyncio.to_thread(notified, self._engine, claimed[0].recipient)
        if owner is None or owner.address is None or self._mail is None:
            return outcome_of(Fate.REFUSED, "the recipient has taken the address back")
        language = owner.language
        subject = claimed[0].title
        if len(claimed) > 1:
            subject = label("notification", "several", language).format(number=len(claimed))
        text = signed_off(_together(claimed), around.base, language)
        name = label("console", "product", language)
        letter = Letter(owner.address, name, subject, text, f"notification-{claimed[0].id}", self._now())
        return await asyncio.to_thread(send_letter, self._mail, letter)

    async def _in_group(self, claimed: Sequence[DueNotification], around: Surroundings) -> SendingOutcome:
        robot = around.robots.get(claimed[0].recipient)
        if robot is None:
            return outcome_of(Fate.REFUSED, "the department has no robot any more")
        return await tell_group(self._sender, robot, _together(claimed), self._now())


_MAIL: Final = NotificationChannel.MAIL
_BEFORE: Final = NotificationState.BEFORE
_STATES: Final = {
    Fate.SENT: NotificationState.SENT,
    Fate.UNKNOWN: NotificationState.UNKNOWN,
    Fate.REFUSED: NotificationState.FAILED,
    Fate.NOT_TAKEN: NotificationState.FAILED,
}


def _new(occasion: Occasion, owner: Notified, channel: NotificationChannel, recipient: str) -> NewNotification:
    """The notification of an occasion to one recipient; groups are notified in Chinese."""
    language = owner.language if channel is _MAIL else "zh"
    told = occasion.told(language)
    state = NotificationState.WAITING if occasion.kind in owner.begun.get(channel, ()) else _BEFORE
    if occasion.empty:
        state = NotificationState.NOTHING
    return NewNotification(occasion.key, recipient, channel, occasion.kind, language, told.title, told.body, state)


def _together(claimed: Sequence[DueNotification]) -> str:
    return "\n\n".join(f"{each.title}\n{each.body}" for each in claimed)
