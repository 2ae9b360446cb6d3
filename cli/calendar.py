"""``shareflow calendar``: due dates, why each day counts or not, and the notices they rest on (工作日历)."""

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.errors import Failure
from cli.output import AsJson, new_group, print_json, print_pairs, print_table

if TYPE_CHECKING:
    from domain.calendar import Calendar, DayReason, Due, Unit, WorkingDays

commands = new_group("Working days, due dates and the notices they rest on (工作日历).")

From = Annotated[str, typer.Option("--from", metavar="DATE", help="Day of the start event; it is day 0.")]
Days = Annotated[str | None, typer.Option("--working-days", metavar="N", help="A limit of N working days (工作日).")]
Months = Annotated[str | None, typer.Option("--months", metavar="N", help="A limit of N months (月).")]
EditionFile = Annotated[str, typer.Argument(metavar="FILE", help="An edition: JSON, as the packaged ones are.")]
Known = Annotated[
    str | None,
    typer.Option("--as-known-on", metavar="DATE", help="Count with the notices published by then; default: all."),
]


def register(app: typer.Typer) -> None:
    """Add the group to the command."""
    app.add_typer(commands, name="calendar")


@commands.command("due")
def due_command(
    start: From, working_days: Days = None, months: Months = None, known: Known = None, json_output: AsJson = False
) -> None:
    """The last day of a limit, and the instant at which that day ends."""
    begin, amount, unit, days = _question(start, working_days, months, known)
    answer = _answer(begin, days.due(begin, amount, unit))
    if json_output:
        print_json(answer)
    else:
        _print_answer(answer)


@commands.command("explain")
def explain_command(
    start: From, working_days: Days = None, months: Months = None, known: Known = None, json_output: AsJson = False
) -> None:
    """The last day of a limit, day by day, each with why it counts or not (逐日说明)."""
    begin, amount, unit, days = _question(start, working_days, months, known)
    answer = _answer(begin, days.due(begin, amount, unit))
    rows = days.explain(begin, amount, unit)
    if json_output:
        print_json({**answer, "days": [_day(row) for row in rows]})
        return
    _print_answer(answer)
    typer.echo()
    for row in rows:
        number = "" if row.number is None else str(row.number)
        typer.echo(f"{row.day.isoformat()}  {number:>4}  {row.text_zh}")
        typer.echo(f"{'':16}  {row.text_en}")


@commands.command("list")
def list_command(json_output: AsJson = False) -> None:
    """The notices that are known, and the years that have none yet and are provisional."""
    calendar = known_calendar()
    here = _published_here()
    days = calendar.as_known_on(None)
    provisional = [year for year in range(days.first.year, days.last.year + 1) if days.is_provisional_year(year)]
    editions = [
        {
            "id": edition.id,
            "year": edition.year,
            "published": edition.published.isoformat(),
            "amends": edition.amends,
            "title": edition.title,
            "document": edition.document,
            "notice": edition.notice,
            "days_off": sum(kind == "off" for kind in edition.days.values()),
            "make_up_days": sum(kind == "work" for kind in edition.days.values()),
            "published_here": here.get(edition.id),
        }
        for edition in calendar.editions
    ]
    if json_output:
        horizon = {"first": days.first.isoformat(), "last": days.last.isoformat()}
        known = {"editions": editions, "provisional_years": provisional, "horizon": horizon}
        print_json({**known, "known_from": _known_from()})
        return
    print_table(
        "放假安排通知 Notices",
        ("版本 Edition", "年 Year", "发布 Published", "修改 Amends", "在此发布 Here", "通知 Notice"),
        (
            [
                *(str(x["id"]), str(x["year"]), str(x["published"]), str(x["amends"] or "")),
                *(_state(here.get(str(x["id"]))), str(x["notice"])),
            ]
            for x in editions
        ),
    )
    typer.echo(f"Known from {_known_from()}.")
    if provisional:
        typer.echo(
            f"No notice yet, so provisional: {_spans(provisional)}. There the weekends and the festivals of the "
            "holiday regulation are off, and no make-up days are known."
        )


@commands.command("impact")
def impact_command(
    file: EditionFile,
    every_clock: Annotated[bool, typer.Option("--clocks", help="List every limit that is touched.")] = False,
    json_output: AsJson = False,
) -> None:
    """What an edition would change of the limits that are open, by procedure and department; changes nothing."""
    from cli.calendar_work import tell_impact
    from cli.running import run

    run(tell_impact(file, every_clock, json_output))


@commands.command("publish")
def publish_command(
    file: EditionFile,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="Stop after so long and tell what is left.")] = 60,
    json_output: AsJson = False,
) -> None:
    """Put an edition in force: store it and supersede every running limit that it changes, each once (发布日历).

    Run it again after an interruption: it goes on.
    """
    from datetime import timedelta

    from cli.calendar_work import publish
    from cli.running import run

    raise typer.Exit(run(publish(file, yes, json_output, timedelta(minutes=minutes))))


def known_calendar() -> "Calendar":
    """The calendar with every edition that is known here: the packaged ones, and those of the ledger if there is one.

    Raises LedgerUnavailable for a ledger that is named or runs here and does not answer.
    """
    from domain.calendar import Calendar

    url = _ledger()
    if url is None:
        return Calendar.packaged()
    from ledger.reader import reader_at

    with reader_at(url) as reader:
        return reader.calendar()


def _ledger() -> str | None:
    from configuration.settings import Settings
    from embedded.stack.folder import ledger_url

    return ledger_url(Settings())


def _published_here() -> dict[str, dict[str, Any]]:
    """How the publication of each edition stored in the ledger goes; none without a ledger."""
    url = _ledger()
    if url is None:
        return {}
    from ledger.reader import reader_at

    with reader_at(url) as reader:
        return {
            each.edition: {
                "stored_at": each.stored_at.isoformat(),
                "by": each.started_by,
                "complete": each.finished_at is not None,
                "expected": each.expected,
                "superseded": each.superseded,
            }
            for each in reader.publications()
        }


def _known_from() -> str:
    return (
        "the packaged notices alone: no ledger is named or runs here"
        if _ledger() is None
        else ("the packaged notices and those published here")
    )


def _state(here: dict[str, Any] | None) -> str:
    if here is None:
        return ""
    return "complete" if here["complete"] else f"under way: {here['superseded']} of {here['expected']}"


def _question(
    start: str, working_days: str | None, months: str | None, known: str | None
) -> tuple[date, int, "Unit", "WorkingDays"]:
    """What is asked, checked. Raises Failure, CalendarError."""
    if (working_days is None) == (months is None):
        raise Failure("Give either --working-days or --months, and only one of them.")
    begin = _date(start, "--from")
    known_on = None if known is None else _date(known, "--as-known-on")
    unit: Unit = "working_day" if months is None else "month"
    amount = _amount(working_days or "", "--working-days") if months is None else _amount(months, "--months")
    return begin, amount, unit, known_calendar().as_known_on(known_on)


def _date(text: str, option: str) -> date:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # such as 30 February: told as every other that is no date
    raise Failure(f"{option} must be a date such as 2025-08-01, not {_shown(text)}.")


def _amount(text: str, option: str) -> int:
    if not re.fullmatch(r"0*[1-9][0-9]{0,6}", text):
        raise Failure(f"{option} must be a whole number from 1 to 9999999, not {_shown(text)}.")
    return int(text)


def _shown(text: str) -> str:
    from domain.validation_messages import shown

    return shown(text)


def _answer(start: date, due: "Due") -> dict[str, Any]:
    from domain.calendar import end_of

    return {
        "from": start.isoformat(),
        "due_date": due.due_date.isoformat(),
        "due_at": end_of(due.due_date).isoformat(),
        "provisional": due.provisional,
        "calendar_edition": due.edition,
        "editions": list(due.editions),
        "known_from": _known_from(),
    }


def _print_answer(answer: dict[str, Any]) -> None:
    provisional = "yes: a year that it touches has no notice yet" if answer["provisional"] else "no"
    print_pairs(
        [
            ("from", answer["from"]),
            ("due_date", answer["due_date"]),
            ("due_at", answer["due_at"]),
            ("provisional", provisional),
            ("editions", ", ".join(answer["editions"]) or "none"),
            ("known from", answer["known_from"]),
        ]
    )


def _day(row: "DayReason") -> dict[str, Any]:
    return {
        "date": row.day.isoformat(),
        "weekday": row.weekday,
        "counts": row.number is not None,
        "number": row.number,
        "working": row.working,
        "code": row.code,
        "why": row.text_en,
        "why_zh": row.text_zh,
        "edition": row.edition,
        "provisional": row.provisional,
    }


def _spans(years: list[int]) -> str:
    """Years as people write them: 2027-2099."""
    spans: list[list[int]] = []
    for year in years:
        if spans and spans[-1][1] == year - 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
