"""What ``shareflow calendar impact`` and ``publish`` do."""

import asyncio
import sys
import time
from datetime import datetime, timedelta
from typing import Any

import typer

from background.publication import Progress
from background.watched_publication import WatchedPublication
from cli.connection import connected, ledger_connected
from cli.errors import REFUSED, Failure
from cli.output import print_json, print_pairs, print_table
from cli.who import operator
from configuration.files import read_text
from domain.calendar import CHINA, Calendar, Edition, load_edition, published_now
from domain.validation_messages import shown
from ledger.queries.calendars import Publication
from ledger.reader import Reader
from starter.calendar_impact import Departments, Impact, changes, impact_of
from starter.failures import ledger_answers

SHOWN = 20
TOLD_EVERY = 2.0


async def tell_impact(file: str, every_clock: bool, as_json: bool) -> None:
    """Tell what an edition would change. Raises CalendarError, FileError, Unavailable."""
    edition = _read(file)
    async with ledger_connected() as ledger:
        impact, listed = await asyncio.to_thread(_look, ledger.reader, edition, every_clock)
    if as_json:
        print_json({"edition": _brief(edition), **impact.to_json(), **({"clocks": listed} if every_clock else {})})
        return
    _print_impact(edition, impact)
    columns = ("request", "clock", "statute", "department", "due", "then", "days", "what")
    rows = [[str(row[name]) for name in columns] for row in listed]
    print_table("时限 Limits", columns, rows)


async def publish(file: str, yes: bool, as_json: bool, within: timedelta) -> int:
    """Publish an edition, or go on with that; the exit code. Raises CalendarError, FileError, Failure, Unavailable."""
    edition = _read(file)
    if as_json and not yes:
        raise Failure("--json needs --yes: who reads JSON is not there to be asked.")
    async with connected() as client:
        publication = WatchedPublication(client.temporal, client.writer, edition)
        impact, _ = await asyncio.to_thread(_look, client.reader, edition, False)
        before = await asyncio.to_thread(_publication, client.reader, edition.id)
        if not as_json:
            _print_impact(edition, impact)
            _say_what_was_begun(before)
        done_before = before is not None and before.finished_at is not None and not impact.total.superseded
        if done_before:
            progress = Progress(finished=True)
        else:
            _ask(edition, impact, yes)
            await asyncio.to_thread(_store, publication, edition, impact.total.superseded)
            progress = await _carry_out(publication, within, as_json)
        after = await asyncio.to_thread(_counted, publication)
    _report(edition, after, progress, as_json)
    return 0 if progress.finished else REFUSED


def _read(file: str) -> Edition:
    return load_edition(read_text(file), shown(file) if not file.isprintable() else file)


def _look(reader: Reader, edition: Edition, every_clock: bool) -> tuple[Impact, list[dict[str, Any]]]:
    now = datetime.now(CHINA)
    with ledger_answers():
        calendar = published_now(reader.calendar(), edition, now.date())
        listed = _each(reader, calendar, now) if every_clock else []
        return impact_of(reader, calendar, now), listed


def _each(reader: Reader, calendar: Calendar, now: datetime) -> list[dict[str, Any]]:
    departments, listed = Departments(reader), []
    for clock, change in changes(reader, calendar, now):
        if change is None:
            continue
        names = (
            "superseded",
            "newly_overdue",
            "no_longer_overdue",
            "becomes_certain",
            "becomes_provisional",
        )
        listed.append(
            {
                "request": clock.request_id,
                "number": clock.number,
                "clock": clock.id,
                "procedure": clock.procedure,
                "statute": clock.statute,
                "department": "、".join(name for _, name in departments.of(clock)),
                "due": clock.limit.due_date.isoformat(),
                "then": change.due_date.isoformat(),
                "days": change.days,
                "what": ", ".join(name for name in names if getattr(change, name)) or "ended, not changed",
            }
        )
    return listed


def _publication(reader: Reader, edition: str) -> Publication | None:
    with ledger_answers():
        return reader.publication(edition)


def _store(publication: WatchedPublication, edition: Edition, expected: int) -> None:
    with ledger_answers():
        if not publication.store(operator(), expected):
            raise Failure(f"Edition {edition.id}: somebody has just published another edition with the same id.")


def _counted(publication: WatchedPublication) -> Publication:
    with ledger_answers():
        found = publication.counted()
    assert found is not None
    return found


async def _carry_out(publication: WatchedPublication, within: timedelta, as_json: bool) -> Progress:
    if not as_json:
        typer.echo("Stored. Should this be interrupted, run it again; without you a worker finishes it.")
    return await publication.carry_out(within, _Telling().tell)


class _Telling:
    """How far it is, on standard error: on one line of a terminal, else a line every few seconds."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = time.monotonic()

    def tell(self, progress: Progress) -> None:
        """Say it, when it was not said just now."""
        if time.monotonic() - self._last < (0.2 if self._terminal else TOLD_EVERY):
            return
        self._last = time.monotonic()
        said = f"{progress.cases_done} cases done, {progress.told} told, round {progress.rounds}"
        typer.echo(f"\r\x1b[K{said}" if self._terminal else said, err=True, nl=not self._terminal)


def _ask(edition: Edition, impact: Impact, yes: bool) -> None:
    if yes:
        return
    try:
        agreed = typer.confirm(f"Publish edition {edition.id} and supersede {impact.total.superseded} running limits?")
    except typer.Abort:
        raise Failure("Nothing was published: nobody answered; in a script give --yes.") from None
    if not agreed:
        raise Failure("Nothing was published.", REFUSED)


# What is printed


def _brief(edition: Edition) -> dict[str, Any]:
    return {
        "id": edition.id,
        "year": edition.year,
        "published": edition.published.isoformat(),
        "amends": edition.amends,
        "title": edition.title,
    }


def _print_impact(edition: Edition, impact: Impact) -> None:
    total = impact.total
    amends = f", amends {edition.amends}" if edition.amends else ""
    print_pairs(
        [
            ("edition", f"{edition.id} {edition.title}, published {edition.published}{amends}"),
            ("open limits", str(impact.open_clocks)),
            ("superseded", f"{total.superseded}: {total.later} end later, {total.earlier} earlier"),
            ("certainty", f"{total.becomes_certain} become certain, {total.becomes_provisional} provisional"),
            ("newly overdue", str(total.newly_overdue)),
            (
                "not changed",
                f"{total.ended} had ended before and would have ended on another day; "
                f"{total.would_not_be_overdue} of them would not be overdue",
            ),
        ]
    )
    typer.echo()
    columns = ("程序 Procedure", "法规 Statute", "部门 Department", "superseded", "later", "earlier", "certain")
    print_table(
        "按程序和部门 By procedure and department",
        (*columns, "newly overdue", "ended", "would not be overdue"),
        (
            [
                *(group.procedure, group.statute, f"{group.name} {group.code}"),
                *(str(n) for n in (tally.superseded, tally.later, tally.earlier, tally.becomes_certain)),
                *(str(n) for n in (tally.newly_overdue, tally.ended, tally.would_not_be_overdue)),
            ]
            for group, tally in sorted(impact.groups.items(), key=lambda pair: pair[0])
        ),
    )
    print_table(
        "移动 Moves",
        ("days", "limits"),
        ([f"{days:+d}", str(number)] for days, number in sorted(impact.moves.items())),
    )


def _say_what_was_begun(before: Publication | None) -> None:
    if before is None:
        return
    begun = f"published here on {before.started_at:%Y-%m-%d %H:%M} by {before.started_by}"
    state = "complete" if before.finished_at else "not complete: this goes on with it"
    typer.echo(f"This edition was {begun}; {state}.")


def _report(edition: Edition, after: Publication, progress: Progress, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "edition": edition.id,
                "stored_at": after.stored_at.isoformat(),
                "complete": progress.finished,
                "expected": after.expected,
                "superseded": after.superseded,
                "left": [{"request_id": name, "reason": why} for name, why in sorted(progress.left.items())],
            }
        )
        return
    if progress.finished:
        typer.echo(f"Complete: edition {edition.id} is in force and superseded {after.superseded} limits in all.")
        return
    typer.echo(f"Not complete: {after.superseded} limits superseded; {len(progress.left)} cases are left.")
    for name, why in sorted(progress.left.items())[:SHOWN]:
        typer.echo(f"  {name}  {why}")
    typer.echo("A worker tries them again; `shareflow stuck` tells what holds them up; run this again to see.")
