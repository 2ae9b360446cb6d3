"""The SDK's walks over payloads, left out where nobody has anything to do on them.

Around each turn of a workflow the SDK walks over all its payloads, three times before and three times after, and asks
at each of them for a codec, for a store of large payloads, and for what stands for one in such a store: a tenth of
what a turn takes. With a converter that has neither codec nor store each walk comes back with what it was given. As
soon as a converter has one of them, the SDK's own walks are taken with it.
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
"""The version of the SDK whose walks were read: of another one they may do more than is known here."""
_PARTS: Final = {"payload_converter_class", "payload_codec", "failure_converter_class", "external_storage"}
_ASKED: Final = {
    "decode_activation": ["activation", "data_converter", "decode_headers", "storage_concurrency_limit"],
    "encode_completion": ["completion", "data_converter", "encode_headers", "storage_concurrency_limit"],
}

Walk = Callable[..., Awaitable[StorageOperationMetrics]]


def leave_out_idle_walks() -> bool:
    """Have every worker and replayer of this process walk only where a walk does something.

    False, and nothing is done, where the SDK is another than the one that was read. Once done it stays.
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
