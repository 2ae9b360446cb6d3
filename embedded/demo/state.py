"""A state folder that holds the demonstration: a note in it says since when, and whether everything is filled in."""

import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from configuration.errors import StartupError
from configuration.settings import Settings
from domain.calendar import Calendar
from embedded.demo.stories import DEPARTMENTS, FOLDER
from embedded.running import Additions, Stack
from embedded.simulate.sandbox import SKIPPING, Sandbox, skipper_of
from embedded.stack.folder import StateFolder
from ledger.engine import connect

DELETING_SOON: Final = (
    'history.transferProcessorUpdateAckInterval="1s"',
    'history.visibilityProcessorUpdateAckInterval="1s"',
)
"""While it is filled in, the server deletes within a second what is to be gone, which otherwise may take a minute: it
waits until its queues have noted how far they are, every 30 seconds."""
OFFICE_HOST: Final = "127.0.0.1"
"""Where a department's own system answers."""
_NOTE: Final = "demonstration.json"


@dataclass(frozen=True)
class Demonstration:
    """The demonstration in a state folder: its days are reckoned from ``began``.

    ``office_port`` is that of a department's own system; None where there is none.
    """

    folder: Path
    began: datetime
    filled: bool = False
    office_port: int | None = None

    @property
    def note(self) -> Path:
        """The file that says so."""
        return self.folder / _NOTE

    def written(self) -> "Demonstration":
        """This, once it stands in the folder."""
        kept = self.note.with_suffix(".new")
        said = {"began": self.began.isoformat(), "filled": self.filled, "office_port": self.office_port}
        kept.write_text(json.dumps(said) + "\n", encoding="utf-8")
        kept.replace(self.note)
        return self


def demonstration_in(folder: StateFolder, settings: Settings, begin: bool) -> Demonstration | None:
    """The demonstration in a folder; None where it holds none. ``begin`` one in a folder that is new.

    Raises StartupError where one is to begin on servers that are not the embedded ones.
    """
    if begin and (settings.database_url or settings.temporal_address):
        names = f"{Settings.database_url.variable} and {Settings.temporal_address.variable}"
        raise StartupError(f"A demonstration runs on the embedded servers alone; leave {names} out.")
    note = folder.path / _NOTE
    if note.exists():
        said = json.loads(note.read_text(encoding="utf-8"))
        began, port = datetime.fromisoformat(said["began"]), said.get("office_port")
        return Demonstration(folder.path, began, said["filled"], port)
    if begin and not folder.postgres.exists():
        return Demonstration(folder.path, datetime.now(UTC), office_port=_free_port()).written()
    return None


def _free_port() -> int:
    with socket.create_server((OFFICE_HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def additions_for(demonstration: Demonstration | None, settings: Settings) -> Additions:
    """What a stack needs besides to carry the cases of a demonstration: a server that skips time, its departments, the
    right to send to the system of one of them."""
    if demonstration is None:
        return Additions()
    named = {} if settings.departments else {Settings.departments.variable: str(FOLDER.joinpath(DEPARTMENTS))}
    if demonstration.office_port is not None:
        allowed = [settings.text(Settings.webhook_allow), f"{OFFICE_HOST}:{demonstration.office_port}"]
        named[Settings.webhook_allow.variable] = ", ".join(filter(None, allowed))
    return Additions(SKIPPING if demonstration.filled else (*SKIPPING, *DELETING_SOON), named)


@asynccontextmanager
async def ground_of(stack: Stack) -> AsyncIterator[Sandbox]:
    """The stack as a place to play cases. The workers that carry them are its own."""
    engine = connect(stack.addresses.ledger)
    try:
        skipper = skipper_of(stack.temporal)
        yield Sandbox(skipper.client, skipper, engine, Calendar.packaged())
    finally:
        engine.dispose()
