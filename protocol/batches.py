"""Messages for batches of retries."""

from protocol.messages import Message


class BatchOrder(Message):
    """A confirmed batch, by its id; its list is in the ledger."""

    batch_id: str


class BatchPart(Message):
    """The result of one part of a batch: how many subjects it tried, and whether the batch is suspended (``rests``)."""

    done: int
    rests: bool = False
