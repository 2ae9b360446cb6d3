"""The archive that the settings name."""

from pathlib import Path

from background.archive.folder import FolderArchive
from background.archive.store import HistoryArchive
from configuration.settings import Settings

USUAL = "archive"
"""Its name in the state folder, where no folder is named."""


def archive_of(settings: Settings) -> HistoryArchive:
    """The archive in the folder that is named, else in the state folder; it comes into being with its first content."""
    return archive_in(settings.archive, settings.state)


def archive_in(named: Path | None, state_folder: Path) -> HistoryArchive:
    """The archive in the folder that the operator names, else in the state folder."""
    return HistoryArchive(FolderArchive(archive_folder(named, state_folder)))


def archive_folder(named: Path | None, state_folder: Path) -> Path:
    """Where the archive is, there or not yet."""
    return named or state_folder / USUAL
