"""Getting a timestamp (RFC 3161) for a checkpoint from an authority, and storing it."""

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
"""Timeout of one request, in seconds."""
MOST_BYTES: Final = 100_000
"""The largest answer accepted; one with a whole chain of certificates has some thousand bytes."""


@dataclass(frozen=True)
class TimestampAuthority:
    """The address of a timestamp authority, and the root certificates for its timestamps."""

    url: str
    roots: Sequence[Certificate]


async def stamp(book: LogBook, authority: TimestampAuthority, note: str) -> None:
    """Get a timestamp for a checkpoint of this log, and store it.

    Raises httpx.HTTPError if the authority does not answer, TimestampWrong for an invalid answer.
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
