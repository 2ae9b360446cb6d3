"""The authority for timestamps (可信时间戳机构) that the operator has checkpoints stamped by."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.x509 import Certificate

from background.timestamps import TimestampAuthority
from configuration.errors import StartupError
from configuration.settings import Settings
from domain.log.timestamps import TimestampWrong, roots_in


def certificates_in(file: Path) -> Sequence[Certificate]:
    """The certificates in a file. Raises StartupError for one that cannot be used."""
    try:
        return roots_in(file.read_bytes())
    except TimestampWrong as error:
        raise StartupError(f"{file}: {error}.") from None
    except OSError as error:
        raise StartupError(f"{file} cannot be used: {error.strerror}.") from None


def authority_named(settings: Settings) -> TimestampAuthority | None:
    """Whom the settings name; None where they name nobody. Raises StartupError where one half is missing."""
    url, roots = settings.timestamp_url, settings.timestamp_roots
    if url is None and roots is None:
        return None
    if url is None or roots is None:
        names = f"{Settings.timestamp_url.variable} and {Settings.timestamp_roots.variable}"
        raise StartupError(f"{names} go together: whom to ask, and below which certificates its answers are trusted.")
    return TimestampAuthority(url, certificates_in(roots))
