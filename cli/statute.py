"""``shareflow statute``: the regulations as data, each rule with its article and words (法规)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import REFUSED, UNUSABLE, say
from cli.output import AsJson, new_group, print_json, print_table
from configuration.files import FileError, read_text

if TYPE_CHECKING:
    from domain.statutes.model import Statute
    from domain.statutes.overlay import Overlaid

commands = new_group("The regulations as data, each rule with its article and quote (法规).")

Files = Annotated[
    list[str] | None, typer.Argument(metavar="[FILE]...", help="Further statute files.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the group to the command."""
    app.add_typer(commands, name="statute")


@commands.command("list")
def list_command(json_output: AsJson = False) -> None:
    """All statutes that come with the product, and from which day a filing that names none takes each."""
    from domain.statutes.loader import digest, packaged_statutes

    statutes = packaged_statutes().values()
    if json_output:
        heads = ("id", "title", "document", "jurisdiction", "status", "issued_on", "in_force_from")
        print_json(
            [
                statute.model_dump(mode="json", include=set(heads))
                | {"applies_from": _from(statute.id), "digest": digest(statute)}
                for statute in statutes
            ]
        )
        return
    print_table(
        "法规 Statutes",
        ("id", "状态 Status", "适用自 Applies from", "文号 Document", "名称 Title"),
        (
            [x.id, x.status.replace("_", " "), _from(x.id), x.document or "", f"{x.title.zh}\n{x.title.en}{_under(x)}"]
            for x in statutes
        ),
    )


def _under(statute: "Statute") -> str:
    """The regulations above a local text under which it applies."""
    titles = "、".join(f"《{above.title.zh}》" for above in statute.regulations.values())
    return f"\n在{titles}之下适用" if titles else ""


def _from(statute_id: str) -> str:
    from domain.statutes.in_force import starts

    return starts()[statute_id].isoformat()


@commands.command("show")
def show_command(
    statute_id: Annotated[str, typer.Argument(metavar="ID", help="As `shareflow statute list` names it.")],
    json_output: AsJson = False,
) -> None:
    """One statute: bodies, classes, routes, limits, duties and instances, each with article and quote."""
    from configuration.policy_file import policy_in_force
    from domain.statutes.loader import get_statute

    statute, policy = get_statute(statute_id), policy_in_force()
    from cli.statute_page import as_json, show

    if json_output:
        print_json(as_json(statute, policy))
    else:
        show(statute, policy)


@commands.command("coverage")
def coverage_command(
    statute_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One statute; left out, all but overlays.", show_default=False)
    ] = None,
    article: Annotated[
        str | None,
        typer.Option(
            "--article", metavar="NUMBER", help="The rows of one article, with every function.", show_default=False
        ),
    ] = None,
    json_output: AsJson = False,
) -> None:
    """The table of clauses (条款对照表): what carries each clause out and where it stands in the code, or why no
    software can.

    Exit code 1 when a clause has neither, and for an article that no row is about.
    """
    from cli.coverage_page import SHOWN_AT_MOST, as_json, complete, show, tables
    from starter.coverage.check import own_statutes

    found = tables([statute_id] if statute_id is not None else own_statutes(), article)
    if not any(rows for _, rows in found):
        say(f"No row of the table is about article {article}.")
        raise typer.Exit(REFUSED)
    if json_output:
        print_json(as_json(found))
    else:
        show(found, at_most=SHOWN_AT_MOST if article is None else None)
    if not complete(found):
        say("The table of clauses is not complete: a clause says neither what carries it out nor why nothing can.")
        raise typer.Exit(REFUSED)


@commands.command("check")
def check_command(files: Files = None, json_output: AsJson = False) -> None:
    """Check the packaged statutes, and the files given, against themselves and against their sources."""
    from configuration.settings import Settings
    from domain.statutes.check import check_all
    from domain.statutes.loader import StatuteError, load_file, packaged_overlay_texts, packaged_texts
    from starter.coverage.check import check_coverage

    named = Settings().sources
    folder = Path(named) if named else None
    packaged = [name for name, _ in (*packaged_texts(), *packaged_overlay_texts())]
    problems = check_all(folder) + check_coverage(folder)
    unchecked = [] if folder else ["the quotes of the packaged statutes, because the source texts are not here"]
    read = []
    for file in files or []:
        try:
            statute = load_file(read_text(file), file)
        except (FileError, StatuteError) as error:
            problems.append(str(error))
            continue
        read.append(file)
        found, not_done = _check_statute(statute, file, folder)
        problems += found
        unchecked += not_done
    if json_output:
        where = str(folder) if folder else None
        print_json({"checked": [*packaged, *read], "sources": where, "not_checked": unchecked, "problems": problems})
    elif len(read) == len(files or []):  # else nothing is printed that one might take for success
        _print_check(len(packaged), read, folder, unchecked)
    for problem in problems:
        say(problem)
    if problems:
        raise typer.Exit(UNUSABLE)


def _check_statute(found: "Statute | Overlaid", file: str, folder: Path | None) -> tuple[list[str], list[str]]:
    """What is wrong with the statute or overlay of a file, and what could not be checked of it."""
    from domain.statutes.check import check_amounts, check_overlay_quotes, check_quotes
    from domain.statutes.model import Statute

    problems = check_amounts(found if isinstance(found, Statute) else found.statute)
    names = (found if isinstance(found, Statute) else found.upper).sources
    sources = {name: _source_of(name, Path(file).parent, folder) for name in names}
    for name, source in sources.items():
        if source is None:
            return problems, [f"the quotes of {file}, because its source {name} is not here"]
    try:
        texts = [read_text(str(source)) for source in sources.values()]
        problems += check_quotes(found, *texts) if isinstance(found, Statute) else check_overlay_quotes(found, *texts)
    except FileError as error:
        problems.append(str(error))
    return problems, []


def _source_of(name: str, beside: Path, folder: Path | None) -> Path | None:
    """A source text: beside the file that quotes it, in the folder of sources, or one level above that."""
    places = [beside, *([folder, folder.parent] if folder else [])]
    return next((place / name for place in places if (place / name).is_file()), None)


def _print_check(packaged: int, files: list[str], folder: Path | None, unchecked: list[str]) -> None:
    given = f" and {len(files)} given file{'' if len(files) == 1 else 's'}" if files else ""
    typer.echo(f"Checked {packaged} packaged statutes{given}: the form, the routes, the number in each limit's quote.")
    typer.echo("Their tables of clauses were checked: each clause carried out, or not for software and why.")
    if folder:
        typer.echo(f"The quotes of the packaged statutes were compared with the source texts in {folder}.")
    for what in unchecked:
        typer.echo(f"Not checked: {what}.")
    if not folder:
        typer.echo("SHAREFLOW_SOURCES names the folder of the source texts where there is one.")
