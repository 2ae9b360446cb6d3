"""A state folder that holds the demonstration: a note in it says since when, and whether everything is filled in."""

import json
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

_NOTE: Final = "demonstration.json"


@dataclass(frozen=True)
class Demonstration:
    """The demonstration in a state folder: its days are reckoned from ``began``."""

    folder: Path
    began: datetime
    filled: bool = False

    @property
    def note(self) -> Path:
        """The file that says so."""
        return self.folder / _NOTE

    def written(self) -> "Demonstration":
        """This, once it stands in the folder."""
        kept = self.note.with_suffix(".new")
        kept.write_text(json.dumps({"began": self.began.isoformat(), "filled": self.filled}) + "\n", encoding="utf-8")
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
        return Demonstration(folder.path, datetime.fromisoformat(said["began"]), said["filled"])
    if begin and not folder.postgres.exists():
        return Demonstration(folder.path, datetime.now(UTC)).written()
    return None


def additions_for(demonstration: Demonstration | None, settings: Settings) -> Additions:
    """What a stack needs besides to carry the cases of a demonstration: a server that skips time, its departments."""
    if demonstration is None:
        return Additions()
    named = {} if settings.departments else {Settings.departments.variable: str(FOLDER.joinpath(DEPARTMENTS))}
    return Additions(SKIPPING, named)


@asynccontextmanager
async def ground_of(stack: Stack) -> AsyncIterator[Sandbox]:
    """The stack as a place to play cases. The workers that carry them are its own."""
    engine = connect(stack.addresses.ledger)
    try:
        skipper = skipper_of(stack.temporal)
        yield Sandbox(skipper.client, skipper, engine, Calendar.packaged())
    finally:
        engine.dispose()
