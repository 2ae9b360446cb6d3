"""Preparing a Temporal server for cases: namespace, retention and search attributes.

Idempotent: existing parts are left as they are.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from protocol.connecting import TemporalClient
from starter.temporal_checks import NotTold, in_its_words, missing_search_attributes

USUAL_RETENTION: Final = timedelta(days=30)
"""Retention of ended runs in a new namespace; workers archive them long before."""
PATIENCE: Final = 30.0
"""Seconds until all parts of a server know a new namespace: some look every ten."""


@dataclass(frozen=True)
class Prepared:
    """Changes of a namespace: whether it was created, retention before and now, new search attributes."""

    namespace: str
    created: bool
    retention_before: timedelta | None
    retention: timedelta
    attributes: Mapping[str, str]

    @property
    def changed(self) -> bool:
        """Whether anything was changed."""
        return self.created or self.retention_before != self.retention or bool(self.attributes)


async def prepare_namespace(client: TemporalClient, retention: timedelta | None) -> Prepared:
    """Create the client's namespace, if missing, with a retention (None: unchanged, 30 days if new) and the attributes.

    Raises NotTold, in the server's words, if this client is not permitted.
    """
    with in_its_words():
        before = await _retention(client)
        if before is None:
            await _register(client, retention or USUAL_RETENTION)
        elif retention is not None and retention != before:
            await _keep_for(client, retention)
        attributes = await _known_by_now(client)
    there = retention or before or USUAL_RETENTION
    return Prepared(client.namespace, before is None, before, there, attributes)


async def _retention(client: TemporalClient) -> timedelta | None:
    """The retention of the namespace; None if it does not exist."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        found = await client.workflow_service.describe_namespace(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return found.config.workflow_execution_retention_ttl.ToTimedelta()


async def _register(client: TemporalClient, retention: timedelta) -> None:
    request = RegisterNamespaceRequest(
        namespace=client.namespace, workflow_execution_retention_period=_duration(retention)
    )
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:  # somebody else was faster
            raise


async def _keep_for(client: TemporalClient, retention: timedelta) -> None:
    config = NamespaceConfig(workflow_execution_retention_ttl=_duration(retention))
    await client.workflow_service.update_namespace(UpdateNamespaceRequest(namespace=client.namespace, config=config))


async def _known_by_now(client: TemporalClient) -> Mapping[str, str]:
    """Add missing search attributes; returns these. Waits until a new namespace is known."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await _add_missing(client)
            except (RPCError, NotTold) as error:
                if not _not_heard_of_yet(error):
                    raise
                await asyncio.sleep(0.5)


async def _add_missing(client: TemporalClient) -> Mapping[str, str]:
    missing = await missing_search_attributes(client)
    if missing:
        kinds = {name: IndexedValueType.Value(_constant(kind)) for name, kind in missing.items()}
        request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=kinds)
        await client.operator_service.add_search_attributes(request)
    return missing


def _not_heard_of_yet(error: RPCError | NotTold) -> bool:
    cause = error.__cause__ if isinstance(error, NotTold) else error
    return isinstance(cause, RPCError) and cause.status is RPCStatusCode.NOT_FOUND


def _constant(kind: str) -> str:
    """The server's name of a type of search attribute: ``INDEXED_VALUE_TYPE_KEYWORD_LIST``."""
    return f"INDEXED_VALUE_TYPE_{'KEYWORD_LIST' if kind == 'KeywordList' else kind.upper()}"


def _duration(span: timedelta) -> Duration:
    found = Duration()
    found.FromTimedelta(span)
    return found
