"""Asking an authority for timestamps (RFC 3161) to stamp a checkpoint, and keeping what it answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import httpx
from cryptography.x509 import Certificate

from domain.log.checkpoints import checkpoint_in
from domain.log.notes import read_note
from domain.log.timestamps import TimestampWrong, request_for, stamped_at
from ledger.log_book import LogBook

PATIENCE: Final = 30.0
"""Seconds for one question."""
MOST_BYTES: Final = 100_000
"""An answer with the whole chain of certificates has some thousands."""


@dataclass(frozen=True)
class TimestampAuthority:
    """Where it is asked, and the certificates below which its stamps are trusted."""

    url: str
    roots: Sequence[Certificate]


async def stamp(book: LogBook, authority: TimestampAuthority, note: str) -> None:
    """Have a checkpoint of this log stamped, and keep the answer.

    Raises httpx.HTTPError where the authority does not answer, TimestampWrong for an answer that proves nothing.
    """
    text = read_note(note).text
    asked = request_for(text)
    answered = await _asked(authority.url, asked.as_bytes())
    at = stamped_at(answered, text, authority.roots, asked)
    await asyncio.to_thread(book.keep_timestamp, checkpoint_in(read_note(note)).size, at, answered)


async def _asked(url: str, question: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    async with (
        httpx.AsyncClient(timeout=PATIENCE) as client,
        client.stream("POST", url, content=question, headers=headers) as response,
    ):
        response.raise_for_status()
        answered = b""
        async for piece in response.aiter_bytes():
            answered += piece
            if len(answered) > MOST_BYTES:
                raise TimestampWrong(f"the answer has more than {MOST_BYTES} bytes")
        return answered
