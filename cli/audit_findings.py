"""What ``shareflow audit findings`` does. What needs an engine is imported where it is asked for one."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from audit.findings.finding import Finding
from audit.findings.found import findings_in
from audit.findings.tables import csv_of, write_xlsx
from audit.findings.texts import found_said, row_of, should_said
from cli.audit_chosen import NOTHING_CHOSEN, Options, chosen, refuse_both, whole_or_failure
from cli.audit_files import cases_in
from cli.errors import Failure, say
from cli.output import numbered
from cli.running import run
from domain.field_types import on_one_line
from domain.messages import label

Found = Iterator[Finding]


def findings(
    dossiers: Sequence[Path],
    options: Options,
    as_json: bool,
    xlsx: Path | None,
    csv: Path | None,
) -> None:
    """Tell what is found in dossiers, or in the cases of the ledger that the options name, or write it into files."""
    if sum((as_json, xlsx is not None, csv is not None)) > 1:
        raise Failure("Give one of --json, --xlsx and --csv.")
    if dossiers:
        refuse_both(options)
        _told(_in_files(dossiers), as_json, xlsx, csv, dossiers)
    else:
        run(_in_ledger(options, lambda found: _told(found, as_json, xlsx, csv)))


def _in_files(dossiers: Sequence[Path]) -> Found:
    for recorded, calendar in cases_in(dossiers):
        yield from findings_in(recorded, calendar, datetime.now(UTC))


async def _in_ledger(options: Options, told: Callable[[Found], None]) -> None:
    import asyncio

    from cli.connection import ledger_connected
    from starter.findings import all_findings, any_chosen

    wanted = chosen(*options)
    async with ledger_connected() as ledger:
        if not await asyncio.to_thread(any_chosen, ledger.reader, wanted):
            say(NOTHING_CHOSEN)
        await asyncio.to_thread(lambda: told(all_findings(ledger.reader, wanted, datetime.now(UTC))))


def _told(found: Found, as_json: bool, xlsx: Path | None, csv: Path | None, read: Sequence[Path] = ()) -> None:
    if xlsx is not None:
        with whole_or_failure(xlsx, read) as file:
            number = write_xlsx(map(row_of, found), file)
        typer.echo(f"{numbered(number, 'finding')} in {xlsx}")
    elif csv is not None:
        with whole_or_failure(csv, read) as file:
            number = sum(1 for line in csv_of(map(row_of, found)) if file.write(line.encode())) - 1
        typer.echo(f"{numbered(number, 'finding')} in {csv}")
    elif as_json:
        _print_json(found)
    else:
        _print(found)


def _print_json(found: Found) -> None:
    """A list, written as it comes."""
    before = "["
    for finding in found:
        typer.echo(f"{before}{json.dumps(row_of(finding), ensure_ascii=False)}", nl=False)
        before = ",\n "
    typer.echo("[]" if before == "[" else "]")


def _print(found: Found) -> None:
    number = 0
    for finding in found:
        number += 1
        article = f" {finding.statute} 第{finding.article}条" if finding.article else ""
        head = f"{finding.request_id} #{finding.seq} {finding.at.isoformat(timespec='minutes')}"
        typer.echo(on_one_line(f"{head}  {label('audit_kind', finding.kind, 'zh')} {finding.kind}{article}"))
        typer.echo(on_one_line(f"    {found_said(finding, 'zh')}；应当：{should_said(finding, 'zh')}"))
        typer.echo(on_one_line(f"    {found_said(finding, 'en')}; should have been: {should_said(finding, 'en')}"))
    typer.echo(numbered(number, "finding") if number else "Nothing was found.")
