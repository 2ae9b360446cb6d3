"""The one way to Temporal, for workers and doors alike: how it is reached, and whether it answers."""

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
"""What whoever hands a connection on calls it, who asks nothing of Temporal himself."""

NamedServer: TypeAlias = ClientConnectConfig
"""A server as Temporal's own client configuration names it: address, namespace, keys and certificates."""

Interceptors: TypeAlias = Sequence[Interceptor]
"""What sees each call on a connection, and what its workers run."""

USUAL_ADDRESS: Final = "localhost:7233"
ANSWERS_WITHIN: Final = timedelta(seconds=5)
SILENT: Final = "Temporal does not answer"
COMPRESSION: Final = GrpcCompression.NONE
"""Messages are small and the server is near: packing and unpacking them costs more than it spares (the SDK packs)."""


def named_in(environment: Mapping[str, str]) -> NamedServer:
    """What Temporal's own client configuration says, in an environment's variables and in the file that these name.

    A file that cannot be read is told by an error of the SDK's own.
    """
    return ClientConfig.load_client_connect_config(override_env_vars=environment)


async def connect_as_named(
    named: NamedServer,
    address: str | None = None,
    runtime: Runtime | None = None,
    ring: KeyRing | None = None,
    interceptors: Interceptors = (),
) -> TemporalClient:
    """A client by Temporal's own client configuration: its namespace, keys and certificates; ``address`` goes before.

    ``ring`` has the keys that seal what is sent (None: nothing is sealed). ``interceptors`` see each call, of the
    workers on this client too.

    Raises RuntimeError when nobody answers there.
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
    """A client of the server at an address, whatever the environment names. Raises RuntimeError when none answers."""
    return await connect_as_named({}, address, runtime, ring)


async def temporal_answers(client: TemporalClient, within: timedelta = ANSWERS_WITHIN) -> bool:
    """Whether the server says in time that it is well."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await client.service_client.check_health()
    except (RPCError, RuntimeError, TimeoutError):
        return False


async def why_not_usable(client: TemporalClient) -> str | None:
    """What keeps cases from being carried on this server, as a phrase: it does not answer, or was never set up."""
    if not await temporal_answers(client):
        return SILENT
    return None if await namespace_is_there(client) else not_set_up(client)


def not_set_up(client: TemporalClient) -> str:
    """That the server lacks the client's namespace, as a phrase that says how to mend it."""
    return f"Temporal has no namespace {client.namespace} yet; run `shareflow admin setup`"


async def namespace_is_there(client: TemporalClient) -> bool:
    """Whether the server has the client's namespace; so it is taken where the server does not say."""
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(asked, timeout=ANSWERS_WITHIN)
    except RPCError as error:
        return error.status is not RPCStatusCode.NOT_FOUND
    return True
