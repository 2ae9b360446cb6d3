"""What ``shareflow admin release`` does."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import typer

from cli.connection import connected
from cli.errors import REFUSED, Failure
from cli.output import print_json
from configuration.settings import Settings
from ledger.reader import Reader
from protocol.histories import CaseHistory
from protocol.sealing import NotOpened
from starter.deployments import Deployment, NotReleased
from starter.temporal_checks import NotTold
from worker.replaying import ReplayTally, golden_in, histories_in, replay


async def release_and_tell(build_id: str, golden: Path | None, histories: int, wait: int, as_json: bool) -> None:
    """Have a build carry the open cases from now on, once their histories replay, and tell what was done."""
    settings = Settings()
    _refuse_wrong_build(build_id, settings.build_id)
    async with connected(settings) as client:
        deployment = Deployment(client.temporal, settings.deployment_name)
        try:
            before = await deployment.current()
            replayed = await _replayed(client.reader, deployment, golden, histories)
            _refuse_differing(replayed)
            if before != build_id:
                await deployment.release(build_id, timedelta(seconds=wait))
        except NotTold as error:
            raise Failure(f"Temporal does not carry the release out ({error}).") from error
        except NotReleased as why:
            raise Failure(str(why), REFUSED) from None
    if as_json:
        told = {"deployment": deployment.name, "current": build_id, "before": before, "replayed": replayed.number}
        print_json({**told, "changed": before != build_id})
    elif before == build_id:
        typer.echo(f"{replayed.number} histories replay; {build_id} is current already, nothing was changed.")
    else:
        typer.echo(f"{replayed.number} histories replay; {build_id} is current now, before it was {before or 'none'}.")


def _refuse_wrong_build(build_id: str, here: str | None) -> None:
    """The code that replays is that of this installation: where it says of which build it is, it releases no other."""
    if not build_id or any(sign.isspace() for sign in build_id):
        raise Failure(f'"{build_id}" is no id of a build: it is one word, TEMPORAL_WORKER_BUILD_ID of its workers.')
    if here and here != build_id:
        raise Failure(f"This installation is of the build {here}: release {build_id} from its own, whose code replays.")


async def _replayed(reader: Reader, deployment: Deployment, golden: Path | None, at_most: int) -> ReplayTally:
    if golden is not None and not golden_in(golden):
        raise Failure(f"The folder {golden} has no histories.")
    try:
        return await replay(reader, _histories(deployment, golden, at_most))
    except NotOpened:
        raise
    except (OSError, ValueError) as error:
        raise Failure(f"The histories in {golden} cannot be read ({' '.join(str(error).split())[:200]}).") from error


async def _histories(deployment: Deployment, golden: Path | None, at_most: int) -> AsyncIterator[CaseHistory]:
    if golden is not None:
        async for history in histories_in(golden):
            yield history
    async for history in deployment.open_histories(at_most):
        yield history


def _refuse_differing(replayed: ReplayTally) -> None:
    if replayed.differing:
        first, why = next(iter(replayed.differing.items()))
        raise Failure(
            f"{len(replayed.differing)} of {replayed.number} histories do not replay with this version, the first is "
            f"{first} ({why[:200]}); nothing was changed.",
            REFUSED,
        )
