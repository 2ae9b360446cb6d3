"""Attachments (附件): papers that come as files, known by their digest, kept where the operator says.

``SHAREFLOW_ATTACHMENTS`` names the folder (default: ``attachments`` in the state folder),
``SHAREFLOW_ATTACHMENT_LIMIT`` the largest paper in bytes (default: 20 MiB).
"""

import os
from collections.abc import Mapping
from pathlib import Path

from starter.attachments.folder import FolderStore
from starter.attachments.store import AttachmentDamaged, AttachmentStore
from starter.stack.errors import StackError

__all__ = ["AttachmentDamaged", "AttachmentStore", "store_from"]

FOLDER_VARIABLE = "SHAREFLOW_ATTACHMENTS"
LIMIT_VARIABLE = "SHAREFLOW_ATTACHMENT_LIMIT"
USUAL_LIMIT = 20 * 1024 * 1024
LARGEST_LIMIT = 1024**3


def store_from(environ: Mapping[str, str] = os.environ, state_folder: Path | None = None) -> AttachmentStore:
    """The store that the environment names, else a folder in the state folder (None: ``.shareflow`` here).

    Raises StackError for a folder that cannot be used and for a limit that is none.
    """
    named = environ.get(FOLDER_VARIABLE)
    folder = Path(named).expanduser() if named else (state_folder or Path(".shareflow")) / "attachments"
    return FolderStore(folder.absolute(), _limit(environ.get(LIMIT_VARIABLE)))


def _limit(text: str | None) -> int:
    if not text:
        return USUAL_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) <= LARGEST_LIMIT):
        raise StackError(f"{LIMIT_VARIABLE} must be a number of bytes from 1 to {LARGEST_LIMIT}, not {text[:40]!r}.")
    return int(text)
