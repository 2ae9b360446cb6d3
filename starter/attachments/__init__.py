"""Attachments (附件): papers as files, identified by digest, stored where the operator says.

``SHAREFLOW_ATTACHMENTS`` names the folder (default: ``attachments`` in the state folder), or ``SHAREFLOW_S3_BUCKET`` a
bucket; ``SHAREFLOW_ATTACHMENT_LIMIT`` is the largest paper in bytes (default: 20 MiB).
"""

from pathlib import Path

from configuration.object_store import ObjectPlace
from starter.attachments.folder import FolderStore
from starter.attachments.store import AttachmentDamaged, AttachmentStore

__all__ = ["AttachmentDamaged", "AttachmentStore", "store_at", "store_in"]


USUAL_LIMIT = 20 * 1024 * 1024
"""The default size limit of a paper, in bytes."""


def store_in(named: Path | None, state_folder: Path, at_most: int = USUAL_LIMIT) -> AttachmentStore:
    """The store in the folder that the operator names, else in the state folder; ``at_most`` bytes for each paper.

    Raises StartupError for a folder that cannot be used.
    """
    return FolderStore(attachments_folder(named, state_folder), at_most)


def store_at(place: ObjectPlace | None, named: Path | None, state_folder: Path, at_most: int) -> AttachmentStore:
    """The store in a bucket if one is named, else that of :func:`store_in`. Raises StartupError."""
    if place is None:
        return store_in(named, state_folder, at_most)
    from starter.attachments.bucket import BucketStore  # rarely used, and its library is slow to import

    return BucketStore(place, at_most)


def attachments_folder(named: Path | None, state_folder: Path) -> Path:
    """The folder of attachments, which may not exist yet."""
    return named or state_folder.absolute() / "attachments"
