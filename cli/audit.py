"""``shareflow audit``: dossiers of cases, for auditors: packed here, checked anywhere; and checkpoints of the log."""

from pathlib import Path
from typing import Annotated

import typer

from cli import audit_keeping
from cli.errors import Failure
from cli.output import AsJson, new_group
from cli.running import run
from domain.messages import Language

audit = new_group("Pack the dossier of a case, check one, and close the log with a checkpoint.")
Kept = Annotated[Path | None, typer.Option("--checkpoint", help="A checkpoint that was kept, as a file.")]
Secret = Annotated[
    Path | None,
    typer.Option(help="The log's secret key; otherwise SHAREFLOW_LOG_KEY, or `checkpoint.key` in the state folder."),
]

Department = Annotated[str | None, typer.Option(help="The code of a department: cases in which it is a party.")]
First = Annotated[str | None, typer.Option("--from", help="The first day of a period: cases open then or later.")]
Last = Annotated[str | None, typer.Option("--to", help="The last day of a period: cases filed by then.")]
OfStatute = Annotated[str | None, typer.Option("--statute", help="Cases under this statute, such as nantong-2020.")]


def register(app: typer.Typer) -> None:
    """Add ``audit`` to the command line."""
    audit_keeping.register(audit)
    app.add_typer(audit, name="audit")


@audit.command()
def export(
    to: Annotated[
        Path, typer.Option("-o", "--output", help="The zip to write, or the folder for several; replaced where there.")
    ],
    request_id: Annotated[str | None, typer.Argument(help="The id of a case; without it, all of a period.")] = None,
    with_related: Annotated[
        bool, typer.Option("--with-related", help="Pack the cases that it names beside it, into a folder.")
    ] = False,
    department: Department = None,
    first: First = None,
    last: Last = None,
    statute: OfStatute = None,
    pdf: Annotated[
        Path | None, typer.Option(help="Print the page of one case here; needs Chromium and a font for Chinese.")
    ] = None,
    without_persons: Annotated[
        bool,
        typer.Option("--without-persons", help="Name nobody who acted; what proves the case holds without them."),
    ] = False,
    kept: Kept = None,
    secret: Secret = None,
    as_json: AsJson = False,
) -> None:
    """Pack everything that is known of a case into one file, sealed where the log's key is at hand.

    Or all cases of a period into a folder, one file each: what is there already and still right is left alone.
    """
    from cli.audit_export import ExportOptions, export_period, export_related
    from cli.audit_export import export as of_one

    how = ExportOptions(kept, secret, not without_persons, as_json)
    asked = {"department": department, "from": first, "to": last, "statute": statute}
    if pdf is not None and (request_id is None or with_related):
        raise Failure("--pdf prints the page of one case; of several, print each dossier.html.")
    if request_id is None:
        if with_related or not any(asked.values()):
            raise Failure("Name a case, or the cases of a period with --from, --to, --department or --statute.")
        run(export_period(asked, to, how))
    elif any(asked.values()):
        raise Failure("Name a case or a period, not both.")
    elif with_related:
        run(export_related(request_id, to, how))
    else:
        run(of_one(request_id, to, pdf, how))


@audit.command()
def verify(
    file: Annotated[str, typer.Argument(help="A dossier, or a folder of them: every *.zip in it.")],
    key: Annotated[Path | None, typer.Option(help="Public keys of the log and its witnesses, one a line.")] = None,
    kept: Kept = None,
    timestamp_root: Annotated[
        Path | None, typer.Option(help="Certificates of authorities for timestamps that you trust, in PEM.")
    ] = None,
    as_json: AsJson = False,
    lang: Annotated[Language, typer.Option(help="The language of what was found; the last line has both.")] = "en",
) -> None:
    """Check a dossier, or every one in a folder: needs no network, no database and no Temporal.

    Exits 1 where a check does not hold, 2 where a file is no dossier.
    """
    from cli.audit_work import TrustedFiles
    from cli.audit_work import verify as work

    if not file:
        raise Failure("Name a dossier, or a folder of them.")
    work(Path(file), TrustedFiles(key, kept, timestamp_root), as_json, lang)


@audit.command()
def page(
    file: Annotated[Path, typer.Argument(help="A dossier: case.zip.")],
    to: Annotated[Path, typer.Option("-o", "--output", help="The HTML file to write; one that is there is replaced.")],
) -> None:
    """Draw the readable page of a dossier anew from its other files, as this release does.

    The one that is packed is skipped by `verify` where another release has drawn it, and is then as good as its seal.
    """
    from cli.audit_page import draw

    draw(file, to)


@audit.command()
def replay(
    case: Annotated[str | None, typer.Argument(help="The id of a case, or a dossier: case.zip.")] = None,
    at: Annotated[str | None, typer.Option(help="The instant, with its offset: 2026-09-21T10:00:00+08:00.")] = None,
    against: Annotated[str | None, typer.Option(help="Another instant: only what differs between the two.")] = None,
    department: Department = None,
    first: First = None,
    last: Last = None,
    statute: OfStatute = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many cases at most.")] = 50,
    cursor: Annotated[str | None, typer.Option(help="Where the page before ended.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a case as it stood at an instant, what two instants differ in, or all cases of a department in a period."""
    from cli.audit_replay import AskedCases, replay_cases, replay_one

    listed = AskedCases(department, first, last, statute, at, limit, cursor)
    if case is None:
        run(replay_cases(listed, as_json))
        return
    listed.refuse_beside_one()
    replay_one(case, at, against, as_json)


@audit.command()
def findings(
    dossiers: Annotated[list[Path] | None, typer.Argument(help="Dossiers; cases of the ledger otherwise.")] = None,
    department: Department = None,
    first: First = None,
    last: Last = None,
    statute: OfStatute = None,
    xlsx: Annotated[Path | None, typer.Option(help="Write a workbook.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write a CSV file that spreadsheets open.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find what a record itself shows to be against the text: late answers, refusals without basis, wrong bodies."""
    from cli.audit_findings import findings as work

    work(dossiers or (), (department, first, last, statute), as_json, xlsx, csv)


@audit.command()
def log(
    to: Annotated[Path, typer.Option("-o", "--output", help="The file to write; one that is there is replaced.")],
    dossiers: Annotated[list[Path] | None, typer.Argument(help="Dossiers; cases of the ledger otherwise.")] = None,
    form: Annotated[str, typer.Option("--format", help="ocel (OCEL 2.0 as JSON), xes or csv.")] = "ocel",
    department: Department = None,
    first: First = None,
    last: Last = None,
    statute: OfStatute = None,
) -> None:
    """Write an event log for process mining: cases, their clocks, departments and resources, and what befell them."""
    from cli.audit_log import event_log as work

    work(dossiers or (), (department, first, last, statute), form, to)


@audit.command()
def checkpoint(
    secret: Secret = None,
    to: Annotated[Path | None, typer.Option("-o", "--output", help="Where to write it; printed otherwise.")] = None,
) -> None:
    """Enter all that was recorded in the log, and sign how it stands: to be kept by somebody else."""
    from cli.audit_work import checkpoint as work

    run(work(secret, to))


@audit.command()
def cosign(
    note: Annotated[Path, typer.Argument(help="A checkpoint of this log with what witnesses wrote below it.")],
) -> None:
    """Keep the cosignatures of the authorities whose keys SHAREFLOW_WITNESSES names."""
    from cli.audit_work import keep_cosignatures as work

    run(work(note))


@audit.command()
def key(secret: Secret = None) -> None:
    """Print the log's public key, with which anybody checks its checkpoints."""
    from cli.audit_work import public_key as work

    work(secret)
