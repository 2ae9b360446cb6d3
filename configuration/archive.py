"""The archive that the settings name."""

from background.archive.folder import FolderArchive
from background.archive.store import HistoryArchive
from configuration.settings import Settings

USUAL = "archive"
"""Its name in the state folder, where no folder is named."""


def archive_of(settings: Settings) -> HistoryArchive:
    """The archive in the folder that is named, else in the state folder; it comes into being with its first content."""
    return HistoryArchive(FolderArchive(settings.archive or settings.state / USUAL))
