"""The map of heads: each key leads to its head, whatever came when, a stranger to nothing, and no lie passes."""

from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.log.heads import (
    NOTHING,
    Hashes,
    HeadBranch,
    HeadNode,
    HeadWay,
    LogHead,
    first_difference,
    head_at,
    key_of_acts,
    key_of_case,
    node_in,
    nodes_towards,
    way_to,
    with_heads,
)
from domain.log.proofs import ProofWrong

# Many keys that have much in common, beside those as hashes are.
KEYS = st.one_of(st.binary(min_size=32, max_size=32), st.integers(0, 15).map(lambda last: bytes(31) + bytes([last])))
HEADS = st.builds(LogHead, KEYS, st.integers(1, 2**40), st.binary(min_size=32, max_size=32))
SOME = st.lists(HEADS, max_size=12, unique_by=lambda head: head.key)


class KeptHeads:
    """Nodes as a store keeps them: written down, and found by name alone."""

    def __init__(self) -> None:
        self.written: dict[bytes, bytes] = {}
        self.asked = 0

    def find(self, names: Collection[bytes]) -> Mapping[bytes, HeadNode]:
        self.asked += 1
        return {name: node_in(self.written[name]) for name in names}

    def grown(self, root: Hashes, heads: list[LogHead]) -> Hashes:
        known = nodes_towards([root.sha256], [head.key for head in heads], self.find)
        root, new = with_heads(root, heads, known)
        self.written |= {hashes.sha256: node.written() for hashes, node in new.items()}
        return root

    def way(self, root: Hashes, key: bytes) -> HeadWay:
        return way_to(root, key, nodes_towards([root.sha256], [key], self.find))


@given(st.lists(SOME, max_size=4), KEYS)
def test_each_key_leads_to_its_newest_head_and_others_to_none(steps: list[list[LogHead]], stranger: bytes) -> None:
    kept, root, there = KeptHeads(), NOTHING, dict[bytes, LogHead]()
    for heads in steps:
        before, known = root, dict(there)
        root = kept.grown(root, heads)
        there |= {head.key: head for head in heads}
        for key in {*there, stranger}:
            assert head_at(root, key, kept.way(root, key)) == there.get(key)
            # An earlier map stays as it was.
            assert head_at(before, key, kept.way(before, key)) == known.get(key)
    assert root == with_heads(NOTHING, [*there.values()], {})[0], "the tree depends on what is in it alone"


@given(SOME.filter(bool), st.data())
def test_no_other_head_and_no_absence_can_be_shown(heads: list[LogHead], data: st.DataObject) -> None:
    kept = KeptHeads()
    root = kept.grown(NOTHING, heads)
    head = data.draw(st.sampled_from(heads))
    way = kept.way(root, head.key)
    lies = [
        replace(way, end=replace(head, seq=head.seq + 1)),
        replace(way, end=replace(head, digest=bytes(each ^ 1 for each in head.digest))),
        replace(way, end=None),
        replace(way, bits=way.bits[:-1], others=way.others[:-1]),
        replace(way, others=[each._replace(sm3=bytes(32)) for each in way.others]),
        replace(way, bits=[255 - bit for bit in way.bits]),
        *(kept.way(root, other.key) for other in heads if other != head),
        *(replace(way, end=node_in(node)) for node in kept.written.values()),
        *(
            HeadWay(way.bits[:cut], way.others[:cut], node_in(node))
            for cut in range(len(way.bits))
            for node in kept.written.values()
        ),
    ]
    for lie in lies:
        try:
            found = head_at(root, head.key, lie)
        except ProofWrong:
            continue
        assert found == head


@given(KEYS, KEYS)
def test_where_keys_differ(one: bytes, other: bytes) -> None:
    bits = [f"{int.from_bytes(key):0256b}" for key in (one, other)]
    same = next((place for place, (a, b) in enumerate(zip(*bits, strict=True)) if a != b), 256)
    assert first_difference(one, other) == same


def test_a_thousand_ways_take_few_questions() -> None:
    kept = KeptHeads()
    keys = [key_of_case(f"NANTONG-{number}") for number in range(1000)]
    root = kept.grown(NOTHING, [LogHead(key, 1, bytes(32)) for key in keys])
    kept.asked = 0
    nodes_towards([root.sha256], keys, kept.find)
    assert kept.asked < 30
    assert len(kept.way(root, key_of_acts("NANTONG-1")).bits) < 30


@pytest.mark.parametrize("written", [b"", b"\x00", b"\x02" + bytes(161), b"\x00" + bytes(73), b"\x01" + bytes(162)])
def test_what_is_no_node(written: bytes) -> None:
    with pytest.raises(ValueError, match="neither"):
        node_in(written)


def test_nodes_are_written_and_read() -> None:
    branch = HeadBranch(3, bytes(32), Hashes(b"a" * 32, b"b" * 32), Hashes(b"c" * 32, b"d" * 32))
    for node in (branch, LogHead(b"k" * 32, 7, b"d" * 32)):
        assert node_in(node.written()) == node
