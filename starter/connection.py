"""Finding the engine: what the environment names, else the stack that ``shareflow up`` runs from the state folder."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig

from ledger.engine import connect
from starter.client import ShareflowClient
from starter.policy_file import policy_in_force
from starter.stack.errors import StackError
from starter.stack.folder import running_stack, state_path

NOT_RUNNING = (
    "No engine is running here: start one with `shareflow up`, or name one with SHAREFLOW_DATABASE_URL and "
    "TEMPORAL_ADDRESS."
)


@asynccontextmanager
async def connected() -> AsyncIterator[ShareflowClient]:
    """A client for the engine that can be found. Raises StackError, LedgerUnavailable."""
    running = running_stack(state_path())
    url = os.environ.get("SHAREFLOW_DATABASE_URL") or (running.ledger if running else None)
    config = ClientConfig.load_client_connect_config()
    address = config.get("target_host") or (running.temporal if running else None)
    if not url or not address:
        raise StackError(NOT_RUNNING)
    engine = await asyncio.to_thread(connect, url)
    try:
        yield ShareflowClient(await _temporal({**config, "target_host": address}), engine, policy_in_force())
    finally:
        engine.dispose()


async def _temporal(config: dict[str, Any]) -> Client:
    try:
        return await Client.connect(**config, data_converter=pydantic_data_converter)
    except RuntimeError as error:
        cause = " ".join(str(error).split())
        address = config["target_host"]
        raise StackError(f"Temporal at {address} does not answer ({cause}); check TEMPORAL_ADDRESS.") from error
