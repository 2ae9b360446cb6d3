"""The tree of the log and its proofs: the RFC's own vectors, and what must hold for every size."""

import hashlib
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engine.records import Algorithm
from domain.log.proofs import ProofWrong, check_consistency, check_inclusion, consistency, inclusion
from domain.log.tree import GrowingTree, NodePlace, TreeHash, whole_subtrees
from tests.domain.log.roots import root_of

ENTRIES = [bytes.fromhex(each) for each in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
)]  # fmt: skip
"""Entries and roots that certificate transparency's implementations test themselves with."""
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
SHA256, SM3 = TreeHash("sha256"), TreeHash("sm3")


def grown(hashing: TreeHash, entries: Sequence[bytes]) -> tuple[GrowingTree, Mapping[NodePlace, bytes]]:
    tree, kept = GrowingTree(hashing), {}
    for entry in entries:
        kept |= dict(tree.add(hashing.leaf(entry)))
    return tree, kept


def by_the_definition(hashing: TreeHash, entries: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, word for word."""
    new = getattr(hashlib, hashing.algorithm, None) or (lambda data: hashlib.new(hashing.algorithm, data))
    if not entries:
        return bytes(new(b"").digest())
    if len(entries) == 1:
        return bytes(new(b"\x00" + entries[0]).digest())
    half = max(2**power for power in range(20) if 2**power < len(entries))
    left, right = by_the_definition(hashing, entries[:half]), by_the_definition(hashing, entries[half:])
    return bytes(new(b"\x01" + left + right).digest())


def numbered_entries(size: int) -> list[bytes]:
    return [str(number).encode() for number in range(size)]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_of_certificate_transparency(size: int) -> None:
    assert root_of(SHA256, map(SHA256.leaf, ENTRIES[:size])).hex() == ROOTS[size - 1]
    assert GrowingTree(SHA256).root().hex() == hashlib.sha256().hexdigest()


@given(st.integers(0, 70), st.sampled_from(["sha256", "sm3"]))
def test_every_root_is_that_of_the_definition(size: int, algorithm: Algorithm) -> None:
    hashing, entries = TreeHash(algorithm), numbered_entries(size)
    tree, kept = grown(hashing, entries)
    assert tree.root() == by_the_definition(hashing, entries)
    assert GrowingTree.kept(hashing, size, kept.__getitem__).root() == tree.root()
    assert len(kept) == sum(size >> level for level in range(size.bit_length()))


@given(st.data(), st.integers(1, 70))
def test_every_entry_is_proved_and_no_other(data: st.DataObject, size: int) -> None:
    tree, kept = grown(SHA256, numbered_entries(size))
    index = data.draw(st.integers(0, size - 1))
    path = inclusion(SHA256, index, size, kept.__getitem__)
    leaf = SHA256.leaf(str(index).encode())
    check_inclusion(SHA256, leaf, index, size, path, tree.root())
    assert len(path) <= (size - 1).bit_length()
    for wrong in wrong_paths(data, path):
        with pytest.raises(ProofWrong):
            check_inclusion(SHA256, leaf, index, size, wrong, tree.root())
    with pytest.raises(ProofWrong, match="another root"):
        check_inclusion(SHA256, SHA256.leaf(b"forged"), index, size, path, tree.root())
    with pytest.raises(ProofWrong):
        check_inclusion(SHA256, leaf, size, size, path, tree.root())
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index)) if size > 1 else None
    if other is not None:
        with pytest.raises(ProofWrong):
            check_inclusion(SHA256, leaf, other, size, path, tree.root())


@given(st.data(), st.integers(0, 70))
def test_every_growth_is_proved_and_no_rewriting(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(0, new))
    tree, kept = grown(SHA256, numbered_entries(new))
    old_root = by_the_definition(SHA256, numbered_entries(old))
    path = consistency(SHA256, old, new, kept.__getitem__)
    check_consistency(SHA256, old, old_root, new, tree.root(), path)
    for wrong in wrong_paths(data, path):
        with pytest.raises(ProofWrong):
            check_consistency(SHA256, old, old_root, new, tree.root(), wrong)
    if old:
        rewritten = [*numbered_entries(old)]
        rewritten[data.draw(st.integers(0, old - 1))] = b"forged"
        forged, nodes = grown(SHA256, [*rewritten, *numbered_entries(new)[old:]])
        with pytest.raises(ProofWrong):
            check_consistency(
                SHA256, old, old_root, new, forged.root(), consistency(SHA256, old, new, nodes.__getitem__)
            )


def wrong_paths(data: st.DataObject, path: Sequence[bytes]) -> list[list[bytes]]:
    """The path with something added, left out, exchanged or altered."""
    wrong = [[*path, b"\x00" * 32], [*path, b""], [b"\x00" * 32, *path]]
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        altered = bytes([path[place][0] ^ 1]) + path[place][1:]
        wrong += [[*path[:place], *path[place + 1 :]], [*path[:place], altered, *path[place + 1 :]]]
    if len(path) > 1:
        wrong.append([path[1], path[0], *path[2:]])
    return wrong


@given(st.integers(0, 5000))
def test_whole_subtrees_cover_each_leaf_once(size: int) -> None:
    places = list(whole_subtrees(0, size))
    covered = [leaf for level, number in places for leaf in range(number << level, (number + 1) << level)]
    assert covered == list(range(size))
    assert len(places) == size.bit_count()


def test_the_two_algorithms_give_two_trees() -> None:
    assert root_of(SM3, map(SM3.leaf, ENTRIES)) != root_of(SHA256, map(SHA256.leaf, ENTRIES))


def test_an_edge_must_fit_the_size() -> None:
    with pytest.raises(ValueError, match="2 whole subtrees, not 0"):
        GrowingTree(SHA256, 3)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_nothing_comes_before_what_is_later(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="does not come after"):
        consistency(SHA256, old, new, {}.__getitem__)
    with pytest.raises(ProofWrong):
        check_consistency(SHA256, old, b"", new, b"", [])
