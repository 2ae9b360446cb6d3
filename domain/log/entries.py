"""What stands in the log: one entry for each event of each case and for each act of those who run the engine.

They stand in the order in which they came."""

from domain.evidence import canonical_json


def entry_of_event(request_id: str, seq: int, digest: str) -> bytes:
    """The entry of an event: whose it is, its number, and the digest that chains it."""
    return canonical_json({"digest": digest, "kind": "event", "request_id": request_id, "seq": seq}).encode()


def entry_of_act(number: int, digest: str) -> bytes:
    """The entry of an act: its number, and the digest that chains it."""
    return canonical_json({"digest": digest, "kind": "act", "number": number}).encode()
