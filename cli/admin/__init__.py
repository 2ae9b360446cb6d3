"""``shareflow admin``: what is done to an installation before, between and after its processes run (运维).

Each may be repeated: a second time it changes nothing, and says so.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.output import AsJson, new_group
from cli.running import run

commands = new_group("What is done to an installation, not to its cases; each may be repeated (运维).")


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(commands, name="admin")


@commands.command()
def migrate(as_json: AsJson = False) -> None:
    """Bring the ledger's database to the schema of this version, by the role that owns its tables.

    Before workers and API of this version start; those of the version before go on meanwhile and afterwards.
    """
    from cli.admin.migrating import migrate_and_tell

    run(migrate_and_tell(as_json))


@commands.command()
def setup(
    retention_days: Annotated[
        int | None,
        typer.Option(
            min=1, max=3650, help="How long histories of ended cases stay; 30 in a new namespace.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make Temporal ready: the namespace and its retention, search attributes, the schedules of periodic duties."""
    from cli.admin.setting_up import set_up_and_tell

    run(set_up_and_tell(retention_days, as_json))


@commands.command("payload-key")
def payload_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Its name in the file, such as 2026-11.")],
    kind: Annotated[str, typer.Option(help="aes-256-gcm, or sm4-gcm with a key of 128 bits.")] = "aes-256-gcm",
) -> None:
    """Print a new key with which messages are sealed on their way into Temporal, as a line of their file."""
    from cli.admin.payload_keys import tell_new_key

    tell_new_key(key_id, kind)


@commands.command()
def release(
    build_id: Annotated[str, typer.Argument(metavar="BUILD_ID", help="TEMPORAL_WORKER_BUILD_ID of the new workers.")],
    golden: Annotated[
        Path | None,
        typer.Option(file_okay=False, exists=True, help="Recorded histories to replay first.", show_default=False),
    ] = None,
    histories: Annotated[int, typer.Option(min=0, help="How many open workflows to replay.")] = 500,
    wait: Annotated[int, typer.Option(min=1, max=3600, help="Seconds to wait for workers of the build.")] = 120,
    as_json: AsJson = False,
) -> None:
    """Have workers of a build carry all cases from now on; with the id of an older build, go back to it.

    Run it from the installation of that build: its code replays the histories of open cases first, and nothing is
    changed when one does not come out as it is.
    """
    from cli.admin.releasing import release_and_tell

    run(release_and_tell(build_id, golden, histories, wait, as_json))


@commands.command()
def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an empty one.")],
    dated: Annotated[
        bool, typer.Option("--dated", help="Take a new folder within DIR, named by the instant: for timers.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Back up the ledger of this moment, papers, archived histories and the public half of the log's key.

    Whoever works goes on meanwhile. Temporal's store and secret keys are not in it.
    """
    from cli.admin.keeping import back_up_and_tell

    run(back_up_and_tell(folder / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}" if dated else folder, as_json))


@commands.command()
def restore(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `admin backup` has made.", exists=True)],
    as_json: AsJson = False,
) -> None:
    """Restore a backup into an empty database and empty folders, after a look at every byte of it.

    Broken off, it is done again; done, it changes nothing a second time.
    """
    from cli.admin.keeping import restore_and_tell

    run(restore_and_tell(folder, as_json))
