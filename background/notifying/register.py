"""Notification settings for doors, which know neither tables nor connections."""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final

from background.notifying.robots import Robots
from domain.access import Caller, as_kept
from domain.codes import code_key
from domain.messages import Language
from ledger.queries import notified
from ledger.queries.notifications import LostNotification, lost_notifications
from ledger.queries.notified import Notified, Wanted
from ledger.writer import Writer

MOST_LOST: Final = 200
_DIGITS: Final = 8


class NotificationRegister:
    """Notification settings, and lost notifications. Methods block."""

    def __init__(self, ledger: Writer, robots: Robots) -> None:
        self._engine = ledger.engine
        self._robots = robots

    def of(self, caller: Caller) -> Notified | None:
        """A caller's settings; None before the first choice."""
        return notified.notified(self._engine, caller.subject)

    def has_group(self, caller: Caller) -> bool:
        """Whether the operator has set up a robot for the group of a caller's department."""
        return bool(caller.org) and code_key(caller.org or "") in self._robots

    def choose(self, caller: Caller, language: Language, wanted: Wanted) -> None:
        """Replace a caller's choice, from now on."""
        notified.choose(self._engine, as_kept(caller), language, wanted)

    def ask_address(self, caller: Caller, language: Language, address: str) -> str | None:
        """A code that confirms an address, only to be sent there; None after too many in a day."""
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        digest = _digest(caller, code)
        return code if notified.ask_address(self._engine, as_kept(caller), language, address, digest) else None

    def confirm_address(self, caller: Caller, code: str) -> bool:
        """Confirm the address if this is its code; returns whether it is."""
        return notified.confirm_address(self._engine, caller.subject, _digest(caller, code))

    def forget_address(self, caller: Caller) -> None:
        """Stop mail to a caller."""
        notified.forget_address(self._engine, caller.subject)

    def lost(self) -> Sequence[LostNotification]:
        """The notifications that were not delivered, or perhaps not, newest first."""
        return lost_notifications(self._engine, MOST_LOST)


def _digest(caller: Caller, code: str) -> str:
    return hashlib.sha256(f"{caller.subject}\n{code}".encode("utf-8", "surrogateescape")).hexdigest()
