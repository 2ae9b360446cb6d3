"""Connecting to Temporal, for workers and doors alike, and checking whether it is usable."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeAlias

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, Interceptor
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import Runtime
from temporalio.service import GrpcCompression, RPCError, RPCStatusCode

from protocol.payloads import converter_with
from protocol.sealing import KeyRing

TemporalClient: TypeAlias = Client
"""The client type, for code that only passes a connection on and does not import Temporal's SDK."""

NamedServer: TypeAlias = ClientConnectConfig
"""A server, as in Temporal's own client configuration: address, namespace, keys and certificates."""

Interceptors: TypeAlias = Sequence[Interceptor]
"""Interceptors of the calls on a connection, and of what its workers run."""

USUAL_ADDRESS: Final = "localhost:7233"
ANSWERS_WITHIN: Final = timedelta(seconds=5)
SILENT: Final = "Temporal does not answer"
COMPRESSION: Final = GrpcCompression.NONE
"""Not the SDK's default: messages are small and the server is near, so compressing costs more than it saves."""


def named_in(environment: Mapping[str, str]) -> NamedServer:
    """Temporal's own client configuration, from environment variables and the file that they name.

    The SDK raises its own errors for a file that cannot be read.
    """
    return ClientConfig.load_client_connect_config(override_env_vars=environment)


async def connect_as_named(
    named: NamedServer,
    address: str | None = None,
    runtime: Runtime | None = None,
    ring: KeyRing | None = None,
    interceptors: Interceptors = (),
) -> TemporalClient:
    """A client by Temporal's own client configuration: namespace, keys, certificates. ``address`` goes before its own.

    ``ring`` has the keys that encrypt payloads (None: no encryption). ``interceptors`` see each call, including those
    of workers on this client.

    Raises RuntimeError if the server does not answer.
    """
    config = named.copy()
    config["target_host"] = address or named.get("target_host") or USUAL_ADDRESS
    return await Client.connect(
        **config,
        data_converter=converter_with(ring),
        runtime=runtime,
        grpc_compression=COMPRESSION,
        interceptors=interceptors,
    )


async def connect_to(address: str, runtime: Runtime | None = None, ring: KeyRing | None = None) -> TemporalClient:
    """A client of the server at an address, ignoring the environment. Raises RuntimeError if it does not answer."""
    return await connect_as_named({}, address, runtime, ring)


async def temporal_answers(client: TemporalClient, within: timedelta = ANSWERS_WITHIN) -> bool:
    """Whether the server passes its health check in time."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await client.service_client.check_health()
    except (RPCError, RuntimeError, TimeoutError):
        return False


async def why_not_usable(client: TemporalClient) -> str | None:
    """Why cases cannot run on this server, as a phrase: it does not answer, or was never set up. None if they can."""
    if not await temporal_answers(client):
        return SILENT
    return None if await namespace_is_there(client) else not_set_up(client)


def not_set_up(client: TemporalClient) -> str:
    """The phrase that the server lacks the client's namespace, and how to mend that."""
    return f"Temporal has no namespace {client.namespace} yet; run `shareflow admin setup`"


async def namespace_is_there(client: TemporalClient) -> bool:
    """Whether the server has the client's namespace; True if the server does not say."""
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(asked, timeout=ANSWERS_WITHIN)
    except RPCError as error:
        return error.status is not RPCStatusCode.NOT_FOUND
    return True
