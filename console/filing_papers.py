"""Papers that are chosen in the form of a filing: kept when they arrive, and rows of its list of papers from then on.

A form that comes back for something else has them in it, by their digests: nobody chooses a file twice, and what is
sent again is the same content, which is kept once.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.types import Message, Receive

from api.attachments.endpoints import BRINGERS, PIECE, keep
from api.context import AppContext
from api.dependencies import require_role
from api.http.problems import Problem, title_of
from console.door import Visitor, door_of, form_of, language_of
from console.forms import YES, FormField, fields_of, rows_in
from domain.access import Caller, visibility_of
from domain.messages import Language, label
from ledger.queries.attachments import Attachment
from procedures.share_request.application import Application
from starter.attachments.arriving import Arriving, TooLarge
from starter.attachments.kinds import ENDINGS, NotTaken, fitting_name
from starter.attachments.names import BadName, plain_name
from starter.errors import Unavailable

MOST: Final = 10
"""So many papers come with a form."""
LARGEST_TOGETHER: Final = 3
"""They come to so many times the largest paper, all together."""
HEARD_OUT: Final = 8
"""So many times as much is read, and let go of, for the sake of what was typed."""
SEALED: Final = "papers.sealed"
CHOOSERS: Final = (SEALED, "papers.other")
"""The fields in which papers are chosen: those that bear a seal, and the others. They end the form."""
FORM: Final = "multipart/form-data"
ACCEPTED: Final = ",".join(ending for endings in ENDINGS.values() for ending in endings)


@dataclass(frozen=True)
class SentFiling:
    """What a form brought: each field as it was typed, papers among the rows; ``wrong``: a sentence for each that
    was not taken."""

    values: dict[str, str]
    wrong: Sequence[str]


class _PaperRefused(Exception):
    """A paper that is not taken; the message says why, in the reader's language."""


class _Bounded:
    """A body of which so many bytes are taken. What comes beyond is read and let go of: a browser that is cut short
    would show neither what was typed nor why."""

    def __init__(self, receive: Receive, at_most: int) -> None:
        self._receive, self._at_most, self._seen = receive, at_most, 0

    @property
    def over(self) -> bool:
        """Whether more came than is taken."""
        return self._seen > self._at_most

    async def __call__(self) -> Message:
        """The next piece. Raises Problem 413 for far too much."""
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > HEARD_OUT * self._at_most:
            raise Problem(413, "too_large")
        return {**message, "body": b""} if self.over else message


async def sent_with_papers(request: Request, visitor: Visitor) -> SentFiling:
    """What a form of this session says and brings, its papers kept. Raises what :func:`console.door.form_of` does."""
    context, language = door_of(request).context, language_of(request)
    brings = request.headers.get("content-type", "").startswith(FORM)
    together = LARGEST_TOGETHER * context.attachments.at_most
    bounded = _Bounded(request.receive, context.settings.body_limit + (together if brings else 0))
    form = await form_of(Request(request.scope, bounded), visitor, files=_LIST.most)
    values = {name: value for name, value in form.items() if isinstance(value, str)}
    chosen = [
        (name, each)
        for name in CHOOSERS
        for each in form.getlist(name)
        if isinstance(each, UploadFile) and each.filename
    ]
    wrong = []
    if bounded.over or sum(each.size or 0 for _, each in chosen) > together:
        wrong.append(label("console", "papers_too_large", language).format(size=size_text(together)))
    elif len(chosen) > MOST:
        wrong.append(label("console", "papers_too_many", language).format(most=MOST))
    else:
        for name, each in chosen:
            try:
                paper = await _kept(context, visitor.caller, each, language)
                _into_row(values, paper, name == SEALED, language)
            except _PaperRefused as refused:
                said = {"name": each.filename, "reason": str(refused)}
                wrong.append(label("console", "paper_not_taken", language).format(**said))
    await form.close()
    return SentFiling(values, wrong)


async def _kept(context: AppContext, caller: Caller, chosen: UploadFile, language: Language) -> Attachment:
    """A paper that is in the store now, under the name that it has here. Raises _PaperRefused."""
    with Arriving(context.attachments.at_most) as arriving:
        try:
            require_role(caller, BRINGERS)
            if caller.org is None:
                raise Problem(403, "organisation_required")
            name = plain_name(chosen.filename or "", language)
            while piece := await chosen.read(PIECE):
                arriving.take(piece)
            if not arriving.size:
                raise _PaperRefused(label("attachment", "empty", language))
            # What a browser says that it is, it has from the name: a table is another thing where Excel is installed.
            kept, _ = await asyncio.to_thread(keep, context, caller, arriving, None, name)
        except BadName as error:
            raise _PaperRefused(str(error)) from None
        except NotTaken as error:
            raise _PaperRefused(label("attachment", error.word, language).format_map(error.details)) from None
        except TooLarge:
            most = size_text(context.attachments.at_most)
            raise _PaperRefused(label("console", "paper_too_large", language).format(size=most)) from None
        except Unavailable:
            raise _PaperRefused(label("problem", "unavailable", language)) from None
        except Problem as problem:
            raise _PaperRefused(title_of(problem, language)) from None
    return Attachment(kept.sha256, kept.sm3, kept.size, kept.media_type, fitting_name(name, kept.media_type))


_LIST: Final[FormField] = next(field for field in fields_of(Application) if field.name == "documents")


def _into_row(values: dict[str, str], paper: Attachment, sealed: bool, language: Language) -> None:
    """Name a paper in the form: in the row that has it, or its name alone, else in a new one. Raises _PaperRefused."""
    rows = [_row(values, number) for number in range(rows_in(_LIST, values))]
    holds = [n for n, (_, digest) in enumerate(rows) if digest == paper.sha256]
    named = [n for n, row in enumerate(rows) if row == (paper.name, "")]
    number = next(iter([*holds, *named]), len(rows))
    if number >= _LIST.most:
        raise _PaperRefused(label("console", "papers_too_many", language).format(most=_LIST.most))
    row = f"{_LIST.name}.{number}"
    values |= {f"{row}.name": values.get(f"{row}.name") or paper.name, f"{row}.sha256": paper.sha256}
    if sealed:
        values[f"{row}.sealed"] = YES


def _row(values: Mapping[str, str], number: int) -> tuple[str, str]:
    """What a row of the list says of its paper: its name and its digest."""
    name, digest = (values.get(f"{_LIST.name}.{number}.{part}", "").strip() for part in ("name", "sha256"))
    return name, digest


def papers_here(context: AppContext, caller: Caller, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The papers of a form that are kept already, each by the name that it has there and its size; blocking."""
    for name, digest in (_row(values, number) for number in range(rows_in(_LIST, values))):
        kept = context.reader.attachment(digest, caller.org, visibility_of(caller)) if digest else None
        if kept is not None:
            yield name, size_text(kept.size)


def size_text(size: int) -> str:
    """So many bytes, as people say them: 20 MB, 12 KB."""
    return f"{size / 2**20:.4g} MB" if size >= 2**20 else f"{size / 2**10:.4g} KB"
