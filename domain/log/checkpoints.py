"""Checkpoints (检查点): the size of a log and the root of its tree, signed (C2SP tlog-checkpoint).

To whoever keeps a checkpoint it can be proved ever after that an entry was in the log then, and that the log has only
grown since. Four lines are Shareflow's own: the root of the same tree by SM3, the root of the map of heads
(:mod:`domain.log.heads`) by both algorithms, and the time of the checkpoint.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.evidence import BEIJING, instant_text
from domain.log.heads import Hashes
from domain.log.notes import NoteWrong, SignedNote
from domain.log.tree import HASH_BYTES

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_SM3: Final = "sm3 "
_HEADS: Final = "heads "
_SM3_HEADS: Final = "sm3-heads "
_TIME: Final = "time "


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint: the name of the log, its size in entries, and its roots.

    ``root`` is by SHA-256, as every reader of checkpoints expects, ``sm3_root`` by SM3; ``at`` is the log's own time;
    ``heads`` is the root of the map of heads. Checkpoints of other logs may lack the last three.
    """

    origin: str
    size: int
    root: bytes
    sm3_root: bytes | None = None
    at: datetime | None = None
    heads: Hashes | None = None

    def note(self) -> SignedNote:
        """The checkpoint as an unsigned note."""
        lines = [self.origin, str(self.size), base64.b64encode(self.root).decode()]
        if self.sm3_root is not None:
            lines.append(_SM3 + base64.b64encode(self.sm3_root).decode())
        if self.heads is not None:
            by = zip((_HEADS, _SM3_HEADS), self.heads, strict=True)
            lines += [name + base64.b64encode(root).decode() for name, root in by]
        if self.at is not None:
            lines.append(_TIME + instant_text(self.at))
        return SignedNote("".join(f"{line}\n" for line in lines))


def checkpoint_in(note: SignedNote) -> Checkpoint:
    """The checkpoint in a note; unknown lines are ignored. Raises NoteWrong."""
    lines = note.text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines):
        raise NoteWrong("a checkpoint has at least three lines: whose log, its length, its root")
    origin, size, root, *more = lines
    if not _SIZE.fullmatch(size):
        raise NoteWrong("the length of a log is a whole number")
    sm3 = [line.removeprefix(_SM3) for line in more if line.startswith(_SM3)]
    at = [line.removeprefix(_TIME) for line in more if line.startswith(_TIME)]
    heads = [[line.removeprefix(name) for line in more if line.startswith(name)] for name in (_HEADS, _SM3_HEADS)]
    if max(len(sm3), len(at), *map(len, heads)) > 1 or len(heads[0]) != len(heads[1]):
        raise NoteWrong("a checkpoint says one root by SM3, one time, and the heads of cases by both algorithms")
    return Checkpoint(
        origin,
        int(size),
        _hash(root),
        _hash(sm3[0]) if sm3 else None,
        _instant(at[0]) if at else None,
        Hashes(*(_hash(found[0]) for found in heads)) if heads[0] else None,
    )


def _hash(encoded: str) -> bytes:
    try:
        root = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != HASH_BYTES:
        raise NoteWrong(f"the root of a log is {HASH_BYTES} bytes in base64")
    return root


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if instant_text(at) == text:
            return at.astimezone(BEIJING)
    except ValueError:
        pass
    raise NoteWrong("the time of a checkpoint is one such as 2026-03-05T09:00:00.000000+08:00")
