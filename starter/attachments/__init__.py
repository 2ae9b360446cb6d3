"""Attachments (附件): papers that come as files, known by their digest, kept where the operator says.

``SHAREFLOW_ATTACHMENTS`` names the folder (default: ``attachments`` in the state folder),
``SHAREFLOW_ATTACHMENT_LIMIT`` the largest paper in bytes (default: 20 MiB).
"""

from pathlib import Path

from starter.attachments.folder import FolderStore
from starter.attachments.store import AttachmentDamaged, AttachmentStore

__all__ = ["AttachmentDamaged", "AttachmentStore", "store_in"]


USUAL_LIMIT = 20 * 1024 * 1024
"""The largest paper in bytes where the operator does not say."""


def store_in(named: Path | None, state_folder: Path, at_most: int = USUAL_LIMIT) -> AttachmentStore:
    """The store in the folder that the operator names, else in the state folder; ``at_most`` bytes a paper.

    Raises StartupError for a folder that cannot be used.
    """
    return FolderStore(attachments_folder(named, state_folder), at_most)


def attachments_folder(named: Path | None, state_folder: Path) -> Path:
    """Where attachments are kept, there or not yet."""
    return named or state_folder.absolute() / "attachments"
