"""Long texts as files to be saved: sent while they are made, piece by piece."""

import asyncio
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, Final

from fastapi import Response
from fastapi.responses import StreamingResponse

from api.http.responses import HEADERS

BINARY: Final = {"type": "string", "format": "binary"}
"""How the API's description says that bytes are answered."""
PIECE = 64 * 1024
"""So many characters go out at once: each piece costs a turn of a thread."""


async def download(texts: Iterable[str], media_type: str, name: str) -> Response:
    """A file of these texts in UTF-8, which a browser saves under ``name`` (ASCII) and never shows.

    The first piece is made before anything is answered: a database that is away is told as every other problem.
    """
    pieces = _pieces(texts)
    first = await asyncio.to_thread(next, pieces, b"")
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(chain((first,), pieces), headers=headers, media_type=media_type)


def written(write: Callable[[IO[bytes]], object]) -> IO[bytes]:
    """What is written, in a file without a name, which goes with whoever holds it: whoever sends it closes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - as above
    try:
        write(file)
    except BaseException:
        file.close()
        raise
    return file


def _pieces(texts: Iterable[str]) -> Iterator[bytes]:
    waiting: list[str] = []
    size = 0
    for text in texts:
        waiting.append(text)
        size += len(text)
        if size >= PIECE:
            yield "".join(waiting).encode()
            waiting, size = [], 0
    if waiting:
        yield "".join(waiting).encode()


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """A file from its beginning, piece by piece; closed at its end."""
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
