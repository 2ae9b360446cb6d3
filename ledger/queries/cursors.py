"""Opaque cursors of lists: base64 of the JSON [instant, request_id] of the last row shown."""

import base64
import binascii
import json
from datetime import datetime

from domain.evidence import instant_text
from ledger.errors import BadCursor


def cursor_of(instant: datetime, request_id: str) -> str:
    """The cursor after the row with that instant and id."""
    content = json.dumps([instant_text(instant), request_id], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """The instant and id that a cursor stands for. Raises BadCursor for anything that is none."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        instant, request_id = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        at = datetime.fromisoformat(instant)
        if not isinstance(request_id, str) or at.tzinfo is None or "\x00" in request_id:
            raise ValueError("not a position")
        request_id.encode()
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise BadCursor("This cursor is not one of this list; leave it out to begin at the start.") from error
    return at, request_id
