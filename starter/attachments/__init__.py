"""Attachments (附件): papers that come as files, known by their digest, kept where the operator says.

``SHAREFLOW_ATTACHMENTS`` names the folder (default: ``attachments`` in the state folder), or ``SHAREFLOW_S3_BUCKET`` a
bucket; ``SHAREFLOW_ATTACHMENT_LIMIT`` is the largest paper in bytes (default: 20 MiB).
"""

from pathlib import Path

from configuration.object_store import ObjectPlace
from starter.attachments.folder import FolderStore
from starter.attachments.store import AttachmentDamaged, AttachmentStore

__all__ = ["AttachmentDamaged", "AttachmentStore", "store_at", "store_in"]


USUAL_LIMIT = 20 * 1024 * 1024
"""The largest paper in bytes where the operator does not say."""


def store_in(named: Path | None, state_folder: Path, at_most: int = USUAL_LIMIT) -> AttachmentStore:
    """The store in the folder that the operator names, else in the state folder; ``at_most`` bytes a paper.

    Raises StartupError for a folder that cannot be used.
    """
    return FolderStore(attachments_folder(named, state_folder), at_most)


def store_at(place: ObjectPlace | None, named: Path | None, state_folder: Path, at_most: int) -> AttachmentStore:
    """The store in a bucket where one is named, else that of :func:`store_in`. Raises StartupError."""
    if place is None:
        return store_in(named, state_folder, at_most)
    from starter.attachments.bucket import BucketStore  # few have one, and its library takes a while

    return BucketStore(place, at_most)


def attachments_folder(named: Path | None, state_folder: Path) -> Path:
    """Where attachments are kept, there or not yet."""
    return named or state_folder.absolute() / "attachments"
