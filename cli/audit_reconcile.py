"""What ``shareflow audit reconcile`` does."""

import typer

from background.archive.comparison import CompareFinding, Comparison
from background.archive.repairing import repair
from cli.connection import connected
from cli.errors import REFUSED, Failure
from cli.output import print_json
from configuration.archive import archive_of
from configuration.settings import Settings
from ledger.failures import DATABASE_FAILED
from protocol.asking import TEMPORAL_FAILED


async def reconcile(repairs: bool, quick: bool, as_json: bool) -> None:
    """Tell what differs, and repair what may be. Raises typer.Exit with 1 where anything does, Failure."""
    settings = Settings()
    found: list[tuple[CompareFinding, bool]] = []
    async with connected(settings) as client:
        comparison = Comparison(client.temporal, client.reader, archive_of(settings), quick)
        try:
            async for each in comparison.findings():
                found.append((each, repairs and await repair(comparison, each)))
                if not as_json:
                    _tell(*found[-1])
        except (*TEMPORAL_FAILED, *DATABASE_FAILED, OSError) as error:
            cause = " ".join(str(error).split())
            raise Failure(f"The comparison was broken off: {cause}; what was told so far holds.") from None
    if as_json:
        print_json([_plain(*each) for each in found])
    else:
        typer.echo(f"{comparison.compared} cases compared, {len(found)} findings.")
    if found:
        raise typer.Exit(REFUSED)


def _tell(found: CompareFinding, repaired: bool) -> None:
    typer.echo(f"{found.kind:10}  {found.request_id}: {found.says} {'Repaired.' if repaired else found.to_do}")


def _plain(found: CompareFinding, repaired: bool) -> dict[str, object]:
    return {
        "request_id": found.request_id,
        "difference": found.kind.value,
        "says": found.says,
        "to_do": None if repaired else found.to_do,
        "repaired": repaired,
    }
