"""What ``shareflow api`` does: the HTTP API in the foreground, on an engine that runs elsewhere."""

import logging

from rich.console import Console

from api.settings import api_settings
from cli.connection import connected
from configuration.errors import StartupError
from configuration.memory import settle_memory
from configuration.process import told_to_stop
from configuration.settings import Settings
from configuration.tracing import tracing
from configuration.unknown import tell_unknown_variables
from console.assembly import serving_api
from embedded.offered import offered
from embedded.stack.folder import running_stack
from protocol.connecting import namespace_is_there, not_set_up

log = logging.getLogger("shareflow.api")


async def serve(held: bool = False) -> None:
    """Serve until Ctrl-C or SIGTERM.

    ``held``: ``shareflow up`` has started it; its own issuer counts, and it ends with its standard input.
    """
    settings = Settings()
    tell_unknown_variables(settings)
    api = api_settings(settings)
    if not api.issuer and not held and (settings.database_url or running_stack(settings.state) is None):
        raise StartupError(
            "The API needs to know whose tokens to believe: set SHAREFLOW_OIDC_ISSUER and SHAREFLOW_OIDC_AUDIENCE "
            "(only beside `shareflow up` does its own issuer count)."
        )
    out = Console()
    stop = told_to_stop(by_standard_input=held)
    simulator = offered() if settings.simulations else None
    with tracing(settings, "shareflow-api") as traced:
        async with (
            connected(settings, traced) as client,
            serving_api(client, api, settings.state, simulator) as address,
        ):
            settle_memory()
            if not await namespace_is_there(client.temporal):
                log.warning("%s: the API is not ready until then", not_set_up(client.temporal))
            out.print(f"The HTTP API answers at {address}. Ctrl-C stops it.", highlight=False, soft_wrap=True)
            await stop.wait()
    if not held:
        out.print("stopped.")
