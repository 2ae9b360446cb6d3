"""The one way to Temporal, for workers and doors alike: how it is reached, and whether it answers."""

import asyncio
from datetime import timedelta
from typing import Final, TypeAlias

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from protocol.payloads import data_converter

TemporalClient: TypeAlias = Client
"""What whoever hands a connection on calls it, who asks nothing of Temporal himself."""

USUAL_ADDRESS: Final = "localhost:7233"
ANSWERS_WITHIN: Final = timedelta(seconds=5)


def named_address() -> str | None:
    """Host and port that Temporal's own client configuration names, in the environment or in a file; None for none.

    A file that cannot be read is told by an error of the SDK's own.
    """
    return ClientConfig.load_client_connect_config().get("target_host")


async def connect_as_named(address: str | None = None, runtime: Runtime | None = None) -> TemporalClient:
    """A client by Temporal's own client configuration: namespace, keys and certificates, and ``address`` unless given.

    Raises RuntimeError when nobody answers there; a file that cannot be read is told by an error of the SDK's own.
    """
    config = ClientConfig.load_client_connect_config()
    if address is not None:
        config["target_host"] = address
    config.setdefault("target_host", USUAL_ADDRESS)
    return await Client.connect(**config, data_converter=data_converter, runtime=runtime)


async def connect_to(address: str, runtime: Runtime | None = None) -> TemporalClient:
    """A client of the server at an address, whatever the environment names. Raises RuntimeError when none answers."""
    return await Client.connect(address, data_converter=data_converter, runtime=runtime)


async def temporal_answers(client: TemporalClient, within: timedelta = ANSWERS_WITHIN) -> bool:
    """Whether the server says in time that it is well."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await client.service_client.check_health()
    except (RPCError, RuntimeError, TimeoutError):
        return False
