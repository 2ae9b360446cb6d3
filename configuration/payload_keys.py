"""The keys with which messages are sealed on their way into Temporal: in a file that a setting names."""

from configuration.errors import StartupError
from configuration.settings import Settings
from protocol.sealing import KeyRing, NotOpened, ring_in


def key_ring_of(settings: Settings) -> KeyRing | None:
    """The keys in the file that the settings name; None where they name none, and nothing is sealed.

    Raises StartupError for a file that cannot be used; it repeats nothing of a key.
    """
    file = settings.payload_keys
    if file is None:
        return None
    try:
        return ring_in(file.read_text(encoding="ascii"))
    except NotOpened as error:
        raise StartupError(f"{file}: {error}.") from None
    except UnicodeDecodeError:
        raise StartupError(f"{file}: it is no file of keys.") from None
    except OSError as error:
        raise StartupError(f"{file} cannot be used: {error.strerror}.") from None
