"""What the ``shareflow request`` commands do on a running engine."""

import asyncio
import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import StringConstraints, TypeAdapter, ValidationError

from cli.connection import commanding, connected, ledger_connected
from cli.options import option, word
from cli.output import print_json, print_table
from cli.timeline_table import print_timeline
from cli.who import who
from domain.calendar import CHINA
from domain.engine.commands import Command
from domain.engine.filed import Filed
from domain.engine.records import Actor, RecordedEvent
from domain.field_types import CallerKey, ShortText
from domain.messages import label
from domain.validation_messages import first_problem, key_path
from domain.words import CommandName, EventType, ProcedureName, Role, Stage
from embedded.simulate.report import clock_json
from ledger.queries.views import CaseFilter, CaseSummary
from procedures.registry import PROCEDURES
from starter.engine_client import ShareflowClient
from starter.errors import InvalidInput


async def show(request_id: str, as_json: bool) -> None:
    """Tell a case."""
    request_id = option("REQUEST_ID", ShortText, request_id)
    async with connected() as client:
        await tell(client, request_id, as_json)


async def list_requests(
    stage: str | None,
    party: str | None,
    limit: int,
    as_json: bool,
    procedure: ProcedureName | None,
    opened_by: str | None = None,
) -> None:
    """Tell the newest cases, of one procedure or (None) of all."""
    party = None if party is None else option("--party", ShortText, party)
    opened_by = None if opened_by is None else option("--opened-by", ShortText, opened_by)
    wanted = CaseFilter(stage=_stage(stage), party=party, procedure=procedure, opened_by=opened_by)
    async with ledger_connected() as ledger:
        page = await asyncio.to_thread(ledger.reader.cases, wanted, None, limit)
    if as_json:
        print_json([_brief(case) for case in page.cases])
        return
    rows = []
    for case in page.cases:
        due = next((str(clock.due_date) for clock in case.clocks if clock.open), "")
        stage_label = f"{label('stage', case.stage, 'zh')} {case.stage}"
        parties = f"{case.requester_name} → {case.provider_name}"
        row = (case.request_id, case.statute, stage_label, due, parties)
        rows.append(row if procedure else (label("procedure", case.procedure, "zh"), *row))
    heads = ("request", "statute", "stage", "due", "requester → provider")
    print_table("Cases", heads if procedure else ("procedure", *heads), rows)
    if not rows:
        typer.echo("There are no such cases.")


async def give(
    request_id: str, name: str, by: str, org: str | None, with_: str, key: str | None, as_json: bool
) -> None:
    """Give a command and tell the case after it."""
    do, role = word(CommandName, name, "command"), word(Role, by, "role")
    fields = _fields(do, with_)
    check_key(key)
    request_id = option("REQUEST_ID", ShortText, request_id)
    if org is not None:
        org = option("--org", Annotated[ShortText, StringConstraints(min_length=1)], org)
    async with commanding() as client:
        case = await asyncio.to_thread(client.get, request_id)
        own = {Role.REQUESTER: case.requester_code, Role.PROVIDER: case.provider_code}.get(role)
        command = _command(do, role, org or own, fields, key)
        await client.command(request_id, command)
        await tell(client, request_id, as_json)


def _command(name: CommandName, role: Role, org: str | None, fields: dict[str, Any], key: str | None) -> Command:
    """The command, at this instant. Raises InvalidInput for what is left that cannot be."""
    try:
        actor = Actor(role=role, org=org, person=who())
        key = uuid.uuid4().hex if key is None else key
        return Command(name=name, actor=actor, fields=fields, key=key, received_at=datetime.now(CHINA))
    except ValidationError as error:
        path, reason = first_problem(error)
        raise InvalidInput(f"{name}: {key_path(path)} {reason}.") from None


async def tell(client: ShareflowClient, request_id: str, as_json: bool) -> None:
    """Tell a case whole: where it stands, its timeline, what followed from it."""
    case = await asyncio.to_thread(client.get, request_id)
    events = await asyncio.to_thread(client.reader.events, request_id)
    if as_json:
        said = _brief(case)
        said["clocks"] = [clock_json(clock, case.statute) for clock in case.clocks]
        said["opens"] = _opened(events)
        said["events"] = [event.model_dump(mode="json") for event in events]
        print_json(said)
        return
    outcome = f" · {label('outcome', case.outcome, 'zh')} {case.outcome}" if case.outcome else ""
    typer.echo(f"{case.request_id} {label('stage', case.stage, 'zh')} {case.stage}{outcome}")
    typer.echo(f"{label('procedure', case.procedure, 'zh')} {case.procedure}{_origin(case)}")
    typer.echo(f"{case.requester_name} → {case.provider_name} · {case.resource_name} · {case.statute}")
    calendar = await asyncio.to_thread(client.reader.calendar)
    print_timeline(events, case.clocks, calendar, case.statute)
    for opened in _opened(events):
        typer.echo(f"→ {opened['request_id']} {label('procedure', opened['procedure'], 'zh')} {opened['procedure']}")


def _origin(case: CaseSummary) -> str:
    return f" · ← {case.opened_by}" if case.opened_by else ""


def _opened(events: Sequence[RecordedEvent]) -> list[dict[str, str]]:
    """The cases that follow from one."""
    opened = [event.data for event in events if event.type is EventType.CASE_OPENED]
    return [{name: data[name] for name in ("procedure", "request_id")} for data in opened]


def _brief(case: CaseSummary) -> dict[str, Any]:
    kept = (
        "request_id",
        "procedure",
        "opened_by",
        "statute",
        "stage",
        "outcome",
        "requester_code",
        "requester_name",
        "provider_code",
    )
    said = {name: getattr(case, name) for name in (*kept, "provider_name", "resource_code", "resource_name")}
    return {**said, "filed_at": case.filed_at.isoformat(), "head": case.seq, "overdue": case.overdue}


def _fields(command: CommandName, text: str) -> dict[str, Any]:
    """What a command says, from the JSON of --with. Raises InvalidInput naming the field.

    Whether something is missing is for the case to say: it knows the article.
    """
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("--with must be a JSON object.") from None
    if not isinstance(fields, dict):
        raise InvalidInput("--with must be a JSON object.")
    problems = [_problem(says, fields) for says in _ways_to_say(command)]
    if problems and all(problems):
        raise InvalidInput(f"--with: {problems[0]}.")
    return fields


def _ways_to_say(command: CommandName) -> list[type[Filed]]:
    """What the command may say, in each procedure that has it."""
    books = [procedure.rules for procedure in PROCEDURES.values()]
    return list(dict.fromkeys(book[command].says for book in books if command in book))


def _problem(says: type[Filed], fields: dict[str, Any]) -> str | None:
    """What is wrong with the fields, but for what is missing."""
    try:
        says.model_validate(fields)
    except ValidationError as error:
        if any(x["type"] != "missing" for x in error.errors(include_url=False)):
            path, reason = first_problem(error)
            return f"{key_path(path)} {reason}"
    return None


def check_key(key: str | None) -> None:
    """Raises InvalidInput for a --key that no caller may use."""
    if key is None:
        return
    try:
        TypeAdapter(CallerKey).validate_python(key)
    except ValidationError:
        raise InvalidInput("--key must have 1 to 64 letters, digits and . _ : / - and nothing else.") from None


def _stage(text: str | None) -> Any:
    return word(Stage, text, "stage") if text is not None else None
