"""What an officer chooses to be told of, and the address that it proves to be its own: for every door alike."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from api.context import AppContext
from api.http.problems import Problem
from api.notifications.schemas import LostNotificationOut, NotificationChoicesIn, NotificationChoicesOut
from background.notifying.mail import Letter, is_address, send_letter
from background.notifying.outcomes import Fate
from background.notifying.wording import told_of_code
from domain.access import Caller
from domain.messages import Language, label
from domain.words import Role
from ledger.queries.notified import NotificationChannel, NotificationKind

READERS_OF_LOST: Final = (Role.OPERATOR,)
"""Who is shown what was not delivered."""


async def chosen(context: AppContext, caller: Caller, language: Language) -> NotificationChoicesOut:
    """What a caller chose; nothing before the first time, in the language in which it asks."""
    found = await asyncio.to_thread(context.notifications.of, caller)
    wanted = found.wanted if found else {}

    def kinds(channel: NotificationChannel) -> list[NotificationKind]:
        return [kind for kind in NotificationKind if kind in wanted.get(channel, ())]

    return NotificationChoicesOut(
        mail=kinds(NotificationChannel.MAIL),
        group=kinds(NotificationChannel.GROUP),
        language=found.language if found else language,
        address=found.address if found else None,
        asked_address=found.asked_address if found else None,
        mail_set_up=context.settings.mail is not None,
        group_set_up=context.notifications.has_group(caller),
    )


async def choose(context: AppContext, caller: Caller, said: NotificationChoicesIn) -> None:
    """Have a caller told of this and nothing else."""
    wanted = {NotificationChannel.MAIL: frozenset(said.mail), NotificationChannel.GROUP: frozenset(said.group)}
    await asyncio.to_thread(context.notifications.choose, caller, said.language, wanted)


async def ask_address(context: AppContext, caller: Caller, language: Language, address: str) -> None:
    """Send a code to an address. Raises Problem 409 without a server or one that does not take it, 422, 429."""
    server = context.settings.mail
    if server is None:
        raise Problem(409, "no_mail")
    if not is_address(address):
        raise Problem(422, "invalid", errors=[{"path": "address", "reason": "is no address for mail"}])
    code = await asyncio.to_thread(context.notifications.ask_address, caller, language, address)
    if code is None:
        raise Problem(429, "too_many_requests")
    told, at = told_of_code(code, language), datetime.now(UTC)
    name = label("console", "product", language)
    letter = Letter(address, name, told.title, f"{told.body}\n", f"confirm-{at.timestamp():.6f}", at)
    outcome = await asyncio.to_thread(send_letter, server, letter)
    if outcome.fate not in (Fate.SENT, Fate.UNKNOWN):
        raise Problem(409, "mail_not_sent")


async def confirm_address(context: AppContext, caller: Caller, code: str) -> None:
    """Have mail go to the address that a code was sent to. Raises Problem 422 for a code that is not that."""
    if not await asyncio.to_thread(context.notifications.confirm_address, caller, code):
        raise Problem(422, "code_wrong")


async def forget_address(context: AppContext, caller: Caller) -> None:
    """Send a caller no more mail."""
    await asyncio.to_thread(context.notifications.forget_address, caller)


async def lost(context: AppContext, language: Language) -> Sequence[LostNotificationOut]:
    """What was not delivered, or perhaps not."""
    found = await asyncio.to_thread(context.notifications.lost)
    return [
        LostNotificationOut(
            **vars(each),
            kind_label=label("notification_kind", each.kind, language),
            state_label=label("notification_state", each.state, language),
        )
        for each in found
    ]
