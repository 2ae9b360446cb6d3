"""Dossiers that are brought to be checked: alone, or as a form with what the auditor trusts."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect
from starlette.types import Message

from api.http.problems import Problem
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import KeyWrong, read_public_keys
from domain.log.notes import MOST_BYTES, NoteWrong, as_saved, read_note
from domain.messages import Language, label

FORM: Final = "multipart/form-data"
ZIPS: Final = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
FIELDS: Final = ("dossier", "key", "checkpoint")
SECONDS: Final = 120
"""How long a dossier may be on its way."""


@dataclass(frozen=True)
class Brought:
    """A dossier in a file that lasts as long as the call, public keys as they are written, and a kept checkpoint."""

    dossier: Path
    keys: tuple[str, ...] = ()
    checkpoint: str | None = None


@asynccontextmanager
async def brought(request: Request, at_most: int, language: Language) -> AsyncIterator[Brought]:
    """What a call brings, of ``at_most`` bytes. Raises Problem."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (FORM, *ZIPS):
        raise Problem(415, "wrong_type", headers={"Accept-Post": f"{FORM}, {ZIPS[0]}"})
    with tempfile.TemporaryDirectory(prefix="shareflow-dossier-") as folder:
        file = Path(folder) / "dossier.zip"
        try:
            async with asyncio.timeout(SECONDS):
                bounded = _bounded(request, at_most, language)
                what = await (_form(bounded, file, language) if kind == FORM else _alone(bounded, file))
        except TimeoutError:
            detail = label("brought_dossier", "too_slow", language).format(seconds=SECONDS)
            raise Problem(400, "malformed", detail=detail) from None
        except ClientDisconnect:
            raise Problem(400, "malformed") from None
        yield what


def _bounded(request: Request, at_most: int, language: Language) -> Request:
    """A call whose body is given up once it is known to be too large: unread, where its head says so."""
    stated = request.headers.get("content-length", "")
    too_large = Problem(
        413, "too_large", detail=label("brought_dossier", "too_large", language).format(at_most=at_most)
    )
    if stated.isdigit() and int(stated) > at_most:
        raise too_large
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await request.receive()
        seen += len(message.get("body", b""))
        if seen > at_most:
            raise too_large
        return message

    return Request(request.scope, counted)


async def _alone(request: Request, to: Path) -> Brought:
    """The body is the dossier."""
    with to.open("wb") as file:
        async for piece in request.stream():
            file.write(piece)
    return Brought(to)


async def _form(request: Request, to: Path, language: Language) -> Brought:
    """Files of a form, or texts; a field that was left empty is not there."""
    async with request.form(max_files=len(FIELDS), max_fields=len(FIELDS), max_part_size=MOST_BYTES) as form:
        for name, _ in form.multi_items():
            if name not in FIELDS:
                raise _wrong(name[:80], label("input", "unknown_key", language))
            if len(form.getlist(name)) > 1:
                raise _wrong(name, label("input", "header_twice", language))
        dossier = form.get("dossier")
        if isinstance(dossier, UploadFile) and dossier.filename and not dossier.size:
            raise _wrong("dossier", label("brought_dossier", "empty", language))
        if not isinstance(dossier, UploadFile) or not dossier.size:
            raise _wrong("dossier", label("input", "missing", language))
        await asyncio.to_thread(_copy, dossier, to)
        key, checkpoint = await _text(form, "key", language), await _text(form, "checkpoint", language)
    return Brought(to, _keys(key, language) if key else (), _kept(checkpoint, language) if checkpoint else None)


def _copy(upload: UploadFile, to: Path) -> None:
    with to.open("wb") as file:
        shutil.copyfileobj(upload.file, file)


async def _text(form: FormData, name: str, language: Language) -> str | None:
    field = form.get(name)
    if isinstance(field, UploadFile):
        content = await field.read(MOST_BYTES + 1)
        try:
            field = as_saved(content)
        except UnicodeDecodeError:
            raise _wrong(name, label("brought_dossier", "not_text", language)) from None
        if len(content) > MOST_BYTES:
            raise _wrong(name, label("brought_dossier", "long", language))
    elif isinstance(field, str):
        field = field.replace("\r\n", "\n")  # as forms send what stands in them
    return field or None


def _keys(text: str, language: Language) -> tuple[str, ...]:
    try:
        return tuple(key.written() for key in read_public_keys(text))
    except KeyWrong as error:
        raise _wrong("key", label("brought_dossier", "no_keys", language).format(why=error)) from None


def _kept(text: str, language: Language) -> str:
    try:
        checkpoint_in(read_note(text))
    except NoteWrong as error:
        raise _wrong("checkpoint", label("brought_dossier", "no_checkpoint", language).format(why=error)) from None
    return text


def _wrong(field: str, reason: str) -> Problem:
    return Problem(422, "invalid", errors=[{"path": field, "reason": reason}])
