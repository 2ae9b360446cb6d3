"""A case so far as a scenario: its filing and the recorded steps, to be replayed or varied.

The fields of commands come from the case's history, the instants that counted from the ledger. Persons are left out.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from background.archive.store import HistoryArchive
from domain.engine.commands import Command
from domain.engine.records import RecordedEvent
from domain.evidence import instant_text, plain
from domain.yaml_text import written_yaml
from ledger.queries.views import CaseDetail
from ledger.reader import Reader
from protocol.connecting import TemporalClient
from protocol.histories import given_commands
from starter.histories import histories_of


async def recorded_commands(
    temporal: TemporalClient, reader: Reader, request_id: str, archive: HistoryArchive | None
) -> list[Command]:
    """The commands given to a case, in order, carried out or not. Raises as :func:`histories_of`."""
    runs = await histories_of(temporal, reader, request_id, archive)
    return [command for run in runs for command in await given_commands(run.history)]


def scenario_of(case: CaseDetail, events: Sequence[RecordedEvent], commands: Sequence[Command], until: datetime) -> str:
    """The text of a scenario of the case up to an instant."""
    at: dict[str, datetime] = {}
    for event in events:
        if event.key is not None:
            at.setdefault(event.key, event.at)
    steps = [_step(command, at.pop(command.key)) for command in commands if command.key in at]
    said: dict[str, Any] = {
        "name": f"{case.resource_name} {case.request_id}",
        "procedure": case.procedure,
        "statute": case.statute,
        "filed_at": instant_text(case.filed_at),
        "request": _without_nothing(plain(case.application)),
        "opened_by": events[0].actor.role.value,
        "steps": steps,
        "until": instant_text(max(until, events[-1].at)),
    }
    return written_yaml(said)


def _step(command: Command, at: datetime) -> dict[str, Any]:
    said = {"at": instant_text(at), "by": command.actor.role.value, "do": command.name.value}
    fields = _without_nothing(plain(command.fields))
    return {**said, "with": fields} if fields else said


def _without_nothing(said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields, without those left out."""
    return {name: value for name, value in said.items() if value is not None and value != [] and value != {}}
