"""Opaque cursors: a position in a list, as the base64 of a small JSON.

In a list ordered by time it is [instant, request_id] of the last row shown; in one ordered by number, the list's name
and the number of the last row looked at.
"""

import base64
import json
from datetime import datetime
from typing import Any

from domain.evidence import instant_text
from ledger.errors import BadCursor

FOREIGN = "This cursor is not one of this list; leave it out to begin at the start."

_LARGEST = 2**63 - 1
"""The largest row number of the database."""


def cursor_of(instant: datetime, request_id: str) -> str:
    """The cursor after the row with that instant and id."""
    return _wrapped([instant_text(instant), request_id])


def numbered_cursor(of: str, number: int) -> str:
    """The cursor after the row with that number in the list named ``of``."""
    return _wrapped({of: number})


def read_numbered_cursor(of: str, cursor: str) -> int:
    """The number in a cursor of the list named ``of``. Raises BadCursor for anything else."""
    try:
        number = _unwrapped(cursor)[of]
        if type(number) is not int or not 0 <= number <= _LARGEST or numbered_cursor(of, number) != cursor:
            raise ValueError("not a position")
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise BadCursor(FOREIGN) from error
    return number


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """The instant and id in a cursor. Raises BadCursor for anything else."""
    try:
        instant, request_id = _unwrapped(cursor)
        at = datetime.fromisoformat(instant)
        if not isinstance(request_id, str) or at.tzinfo is None or "\x00" in request_id:
            raise ValueError("not a position")
        request_id.encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursor(FOREIGN) from error
    return at, request_id


def _wrapped(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unwrapped(cursor: str) -> Any:
    """The content of a cursor. Raises ValueError (of which binascii.Error is one) for any other text."""
    padded = cursor + "=" * (-len(cursor) % 4)
    return json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
