"""Skips the SDK's walks over payloads when they have nothing to do.

Around each activation of a workflow the SDK walks over all its payloads, three times before and three times after, and
looks for a codec, for external storage, and for references into it: a tenth of the time of an activation. With a
converter that has neither codec nor storage the walks change nothing. If a converter has one of them, the SDK's own
walks run.
"""

import dataclasses
import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, Final

import temporalio
import temporalio.bridge.worker
from temporalio.converter import DataConverter
from temporalio.converter._extstore import StorageOperationMetrics

READ: Final = "1.35.0"
"""The version of the SDK whose walks were read; those of another version may do more."""
_PARTS: Final = {"payload_converter_class", "payload_codec", "failure_converter_class", "external_storage"}
_ASKED: Final = {
    "decode_activation": ["activation", "data_converter", "decode_headers", "storage_concurrency_limit"],
    "encode_completion": ["completion", "data_converter", "encode_headers", "storage_concurrency_limit"],
}

Walk = Callable[..., Awaitable[StorageOperationMetrics]]


def leave_out_idle_walks() -> bool:
    """Make every worker and replayer of this process skip walks that do nothing, for good.

    Returns False, and changes nothing, if the SDK is not the version that was read.
    """
    if not _is_as_read():
        return False
    for name in _ASKED:
        walk = getattr(temporalio.bridge.worker, name)
        if not hasattr(walk, "__wrapped__"):
            setattr(temporalio.bridge.worker, name, _where_it_does_something(walk))
    return True


def _is_as_read() -> bool:
    walks = {name: getattr(temporalio.bridge.worker, name, None) for name in _ASKED}
    return (
        temporalio.__version__ == READ
        and {part.name for part in dataclasses.fields(DataConverter) if part.init} == _PARTS
        and all(
            callable(walk) and list(inspect.signature(walk).parameters) == _ASKED[name] for name, walk in walks.items()
        )
    )


def _where_it_does_something(walk: Walk) -> Walk:
    @wraps(walk)
    async def walked(message: Any, data_converter: DataConverter, **said: Any) -> StorageOperationMetrics:
        if data_converter.payload_codec is None and data_converter.external_storage is None:
            return StorageOperationMetrics()
        return await walk(message, data_converter, **said)

    return walked
