"""The state folder: where the embedded stack keeps its data, and how other commands find it running."""

import fcntl
import json
import os
import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from configuration.errors import StartupError
from configuration.settings import Settings

VARIABLE = Settings.state.variable
_MEND = f"set {VARIABLE} to a folder that can be written"


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where a running stack answers: ``temporal`` as host:port, the others as URLs. ``pid`` is of ``up``."""

    pid: int
    temporal: str
    namespace: str = "default"
    ledger: str
    ui: str | None = None
    api: str | None = None


class StateFolder:
    """A state folder that exists and can be written.

    While somebody holds it (``with folder:``) the stack's processes may use it; nobody else can.
    Raises StartupError where the folder cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as error:
            cause = error.strerror or str(error)
            raise StartupError(f"The state folder {path} cannot be used ({cause}); {_MEND}.") from error

    @property
    def postgres(self) -> Path:
        """The data folder of PostgreSQL."""
        return self.path / "postgres"

    @property
    def temporal_database(self) -> Path:
        """The file in which Temporal keeps its workflows."""
        return self.path / "temporal.db"

    def __enter__(self) -> Self:
        """Hold the folder. Raises StartupError when another stack runs in it."""
        lock = self._lock_file.open("a")
        try:
            # The system lets go of it when the process ends, however it ends.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise StartupError(
                f"Another Shareflow already runs in the state folder {self.path}; "
                f"stop it, or set {VARIABLE} to another folder."
            ) from error
        self._lock = lock
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the addresses away and let go of the folder."""
        if self._lock is not None:
            self._addresses_file.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None

    def announce(self, addresses: Addresses) -> None:
        """Say where the stack answers; the file is there whole or not at all."""
        handle, name = tempfile.mkstemp(dir=self.path, prefix="stack.", suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(addresses), indent=2) + "\n")
        Path(name).replace(self._addresses_file)

    @property
    def _addresses_file(self) -> Path:
        return self.path / "stack.json"

    @property
    def _lock_file(self) -> Path:
        return self.path / "lock"


def running_stack(path: Path) -> Addresses | None:
    """Where the stack of that state folder answers, or None when none runs there.

    What a killed stack left behind does not count: it is believed only while somebody holds the folder.
    """
    try:
        with (path / "lock").open("r") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return _addresses_in(json.loads((path / "stack.json").read_text("utf-8")))
    except (OSError, ValueError):
        return None
    return None


def _addresses_in(said: Any) -> Addresses:
    """What ``announce`` has written, also that of another version. Raises ValueError for what is no such thing."""
    names = {field.name for field in fields(Addresses)}
    try:
        return Addresses(**{name: value for name, value in said.items() if name in names})
    except (TypeError, AttributeError) as error:
        raise ValueError("These are no addresses of a stack.") from error


def ledger_url(settings: Settings) -> str | None:
    """The ledger that the settings name, else that of the stack that runs here; None where there is neither."""
    if settings.database_url:
        return settings.database_url
    running = running_stack(settings.state)
    return running.ledger if running else None
