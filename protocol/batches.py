"""Batches of retries, as they travel: which one, and what one part of it left to do."""

from protocol.messages import Message


class BatchOrder(Message):
    """A batch that was confirmed, by its id: its list stands in the ledger."""

    batch_id: str


class BatchPart(Message):
    """What one part of a batch did: how many subjects it came to, and whether the batch ``rests`` until it is told."""

    done: int
    rests: bool = False
