"""The public keys of the authorities whose cosignatures are kept below checkpoints (见证机关)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from configuration.errors import StartupError
from domain.log.keys import COSIGNATURE, KeyWrong, PublicKey, read_public_keys
from domain.log.notes import as_saved

MOST: Final = 50
"""So many witnesses a log may have: a note has no more than a hundred signatures."""


def witnesses_in(file: Path | None) -> Sequence[PublicKey]:
    """The keys in a file, one a line; none where no file is named. Raises StartupError for one that cannot be used."""
    if file is None:
        return ()
    try:
        keys = read_public_keys(as_saved(file.read_bytes()))
    except (KeyWrong, ValueError) as error:
        raise StartupError(f"{file}: {error}.") from None
    except OSError as error:
        raise StartupError(f"{file} cannot be used: {error.strerror}.") from None
    if len(keys) > MOST:
        raise StartupError(f"{file}: a log has no more than {MOST} witnesses.")
    others = [key.name for key in keys if key.kind != COSIGNATURE]
    if others:
        raise StartupError(f"{file}: the key of {others[0]} is not one for cosignatures (C2SP tlog-cosignature).")
    return keys
