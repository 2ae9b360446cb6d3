"""What those who are notified ask and change, as one object: doors know neither tables nor connections."""

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
    """Who wants to be told of what, and what was lost. Methods block."""

    def __init__(self, ledger: Writer, robots: Robots) -> None:
        self._engine = ledger.engine
        self._robots = robots

    def of(self, caller: Caller) -> Notified | None:
        """What a caller chose; None before the first time."""
        return notified.notified(self._engine, caller.subject)

    def has_group(self, caller: Caller) -> bool:
        """Whether the operator has set up a robot in the group of a caller's department."""
        return bool(caller.org) and code_key(caller.org or "") in self._robots

    def choose(self, caller: Caller, language: Language, wanted: Wanted) -> None:
        """Have a caller told of this and nothing else, from now on."""
        notified.choose(self._engine, as_kept(caller), language, wanted)

    def ask_address(self, caller: Caller, language: Language, address: str) -> str | None:
        """A code that confirms an address, to be sent there and shown nowhere else; None for too many in a day."""
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        digest = _digest(caller, code)
        return code if notified.ask_address(self._engine, as_kept(caller), language, address, digest) else None

    def confirm_address(self, caller: Caller, code: str) -> bool:
        """Whether that is the code: then mail goes to the address that it was sent to."""
        return notified.confirm_address(self._engine, caller.subject, _digest(caller, code))

    def forget_address(self, caller: Caller) -> None:
        """Send a caller no more mail."""
        notified.forget_address(self._engine, caller.subject)

    def lost(self) -> Sequence[LostNotification]:
        """What was not delivered, or perhaps not, the newest first."""
        return lost_notifications(self._engine, MOST_LOST)


def _digest(caller: Caller, code: str) -> str:
    return hashlib.sha256(f"{caller.subject}\n{code}".encode("utf-8", "surrogateescape")).hexdigest()
