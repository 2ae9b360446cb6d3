"""The SDK walks over payloads where that does something, and only there."""

import dataclasses
from collections.abc import Sequence

import pytest
import temporalio.bridge.worker
from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import PayloadCodec

from protocol.payloads import data_converter
from workflows.turns import idle_walks
from workflows.turns.idle_walks import leave_out_idle_walks


class Sealing(PayloadCodec):
    """Seals each payload, for a test."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload(data=b"sealed " + payload.data) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload(data=payload.data.removeprefix(b"sealed ")) for payload in payloads]


def completion() -> WorkflowActivationCompletion:
    made = WorkflowActivationCompletion()
    made.successful.commands.add().complete_workflow_execution.result.data = b"words"
    return made


async def after_its_walks(codec: PayloadCodec | None) -> bytes:
    """What a result looks like that a workflow has ended with, when the SDK hands it to its core."""
    made, converter = completion(), dataclasses.replace(data_converter, payload_codec=codec)
    await temporalio.bridge.worker.encode_completion(made, converter, encode_headers=False, storage_concurrency_limit=1)
    return bytes(made.successful.commands[0].complete_workflow_execution.result.data)


async def test_the_sdk_of_the_lock_is_the_one_whose_walks_were_read() -> None:
    # Another version: read its decode_activation, encode_completion and DataConverter, then name it in READ.
    assert leave_out_idle_walks()


async def test_with_a_codec_payloads_are_walked_over() -> None:
    assert leave_out_idle_walks()
    assert await after_its_walks(None) == b"words"
    assert await after_its_walks(Sealing()) == b"sealed words"


async def test_of_another_sdk_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_out_idle_walks()
    walks = {name: getattr(temporalio.bridge.worker, name) for name in ("decode_activation", "encode_completion")}
    for name, walk in walks.items():
        monkeypatch.setattr(temporalio.bridge.worker, name, walk.__wrapped__)
    with monkeypatch.context() as later:
        later.setattr(idle_walks, "READ", "0.0.0")
        assert not leave_out_idle_walks()
        assert all(getattr(temporalio.bridge.worker, name) is walk.__wrapped__ for name, walk in walks.items())
    assert leave_out_idle_walks()
    assert all(getattr(temporalio.bridge.worker, name) is not walk.__wrapped__ for name, walk in walks.items())


async def test_where_nothing_is_to_be_done_nobody_walks(monkeypatch: pytest.MonkeyPatch) -> None:
    def walked(*_: object, **__: object) -> None:
        raise AssertionError("a walk was taken")

    leave_out_idle_walks()
    monkeypatch.setattr(temporalio.bridge.worker.CommandAwarePayloadVisitor, "visit", walked)
    assert await after_its_walks(None) == b"words"
    with pytest.raises(AssertionError, match="a walk was taken"):
        await after_its_walks(Sealing())
