"""What commands print: JSON for programs, lines and tables for people."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

UNBROKEN = 400
"""The width of tables that no terminal shows: wide enough that nothing is broken and a quote can be searched for."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def help_when_alone(ctx: typer.Context) -> None:
    """Print the help of a group of commands that was named without a command."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def new_group(description: str) -> typer.Typer:
    """A group of commands; by itself it prints its help."""
    return typer.Typer(help=description, callback=help_when_alone, invoke_without_command=True)


def print_json(data: Any) -> None:
    """Print plain data as JSON, Chinese readable."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def numbered(count: int, thing: str) -> str:
    """So many of a thing whose plural takes an s."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def print_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Print names and values, one pair a line, the values below one another."""
    rows = list(pairs)
    wide = max(len(name) for name, _ in rows)
    for name, value in rows:
        typer.echo(f"{name:<{wide}}  {value}".rstrip())


def console() -> "Console":
    """Where tables go: standard output, in its width, or unbroken where no terminal shows them."""
    from rich.console import Console

    found = Console(highlight=False, markup=False, emoji=False)
    return found if found.is_terminal else Console(highlight=False, markup=False, emoji=False, width=UNBROKEN)


WHOLE = frozenset({"request", "id"})
"""Columns that hold ids: what people copy into the next command is never broken, however narrow the terminal."""


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table with a title; nothing where it has no rows."""
    filled = list(rows)
    if not filled:
        return
    from rich import box
    from rich.table import Table

    from domain.field_types import as_printed

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(columns):
        longest = max(len(row[place]) for row in filled) if name in WHOLE else None
        table.add_column(name, overflow="fold", min_width=longest, no_wrap=longest is not None)
    for row in filled:
        table.add_row(*map(as_printed, row))
    where = console()
    where.print(title, style="bold")  # not the table's own, which would be broken at the width of its rows
    where.print(table, crop=False)
