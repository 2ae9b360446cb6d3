"""A case's timeline as a table."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from cli.output import console
from domain.calendar import Calendar
from domain.engine.records import Clock, RecordedEvent
from domain.field_types import as_printed
from starter.timeline import timeline

HEADINGS = ("时间 when", "谁 who", "事项 what", "条款 article", "时限 due")


def print_timeline(events: Sequence[RecordedEvent], clocks: Sequence[Clock], calendar: Calendar, statute: str) -> None:
    """Print who did what, on which article, until when, with how many working days left or late."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in HEADINGS:
        table.add_column(heading, overflow="fold", no_wrap=heading == HEADINGS[0])
    for line in timeline(events, clocks, calendar, statute):
        table.add_row(*map(as_printed, (line.at, line.who, line.what, line.article, line.until)))
    console().print(table)
