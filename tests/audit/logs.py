"""Logs for tests: a tree in memory, in which the events of a case stand among others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from audit.dossier.contents import CaseDossier
from audit.dossier.proof import PROOF, LogProof, ProvedAct, ProvedEvent, ProvedGrowth, in_hex, proved_head
from audit.dossier.seal import seal_of
from audit.verification.record import events_in
from domain.engine.records import RecordedEvent
from domain.evidence import BEIJING
from domain.log.checkpoints import Checkpoint
from domain.log.entries import entry_of_event
from domain.log.heads import KEYS_OF_A_CASE, NOTHING, Hashes, HeadNode, LogHead, key_of_case, way_to, with_heads
from domain.log.keys import Ed25519Signer, Signer
from domain.log.proofs import consistency, inclusion
from domain.log.tree import GrowingTree, NodePlace, TreeHash
from tests.audit.dossiers import resealed

LOG_KEY = Ed25519Signer("shareflow/test", b"\x01" * 32)
AT = datetime(2026, 3, 5, 9, tzinfo=BEIJING)


@dataclass
class MemoryLog:
    """A log that only grows, by both algorithms; ``at`` is the time of its checkpoints."""

    signer: Signer = LOG_KEY
    trees: tuple[GrowingTree, GrowingTree] = field(
        default_factory=lambda: (GrowingTree(TreeHash("sha256")), GrowingTree(TreeHash("sm3")))
    )
    nodes: tuple[dict[NodePlace, bytes], dict[NodePlace, bytes]] = field(default_factory=lambda: ({}, {}))
    heads: list[tuple[int, LogHead]] = field(default_factory=list)
    at: datetime | None = AT

    def enter(self, content: bytes, head: LogHead | None = None) -> int:
        """Enter something, which may be the head of a case or of the acts about it; its place."""
        place = self.trees[0].size
        if head is not None:
            self.heads.append((place, head))
        for tree, nodes in zip(self.trees, self.nodes, strict=True):
            nodes.update(tree.add(tree.hashing.leaf(content)))
        return place

    def checkpoint(self) -> str:
        """How it stands, signed."""
        sha256, sm3 = self.trees
        roots, (heads, _) = (sha256.root(), sm3.root()), self.heads_at(sha256.size)
        return (
            Checkpoint(self.signer.key.name, sha256.size, *roots, self.at, heads).note().signed(self.signer).written()
        )

    def heads_at(self, size: int) -> tuple[Hashes, Mapping[bytes, HeadNode]]:
        """The map of heads of the log of so many entries: its root, and its nodes by name."""
        last = {head.key: head for place, head in self.heads if place < size}
        root, nodes = with_heads(NOTHING, [*last.values()], {})
        return root, {hashes.sha256: node for hashes, node in nodes.items()}

    def proved(
        self,
        places: Sequence[int],
        earlier: Sequence[int] = (),
        acts: Mapping[int, int] | None = None,
        case: str = "",
    ) -> LogProof:
        """That the entries at these places are a case's events, in their order; ``acts`` has places by number."""
        size = self.trees[0].size

        def paths(index: int) -> dict[str, tuple[str, ...]]:
            return {
                tree.hashing.algorithm: in_hex(inclusion(tree.hashing, index, size, nodes.__getitem__))
                for tree, nodes in zip(self.trees, self.nodes, strict=True)
            }

        def growth(old: int) -> dict[str, tuple[str, ...]]:
            return {
                tree.hashing.algorithm: in_hex(consistency(tree.hashing, old, size, nodes.__getitem__))
                for tree, nodes in zip(self.trees, self.nodes, strict=True)
            }

        return LogProof(
            checkpoint=self.checkpoint(),
            events=tuple(
                ProvedEvent(seq=seq, place=place, **paths(place)) for seq, place in enumerate(places, start=1)
            ),
            acts=tuple(ProvedAct(number=number, place=place, **paths(place)) for number, place in (acts or {}).items()),
            grown_from=tuple(ProvedGrowth(size=old, **growth(old)) for old in earlier),
            heads=tuple(
                proved_head(of, each, way_to(root, key(case), nodes))
                for each in (*earlier, size)
                for root, nodes in [self.heads_at(each)]
                for of, key in KEYS_OF_A_CASE
            ),
        )


@dataclass
class ForgetsActs(MemoryLog):
    """Signs a map of heads with those of one case alone for each checkpoint but the one of ``kept`` entries."""

    case: str = ""
    kept: int = 0

    @classmethod
    def since(cls, log: MemoryLog, dossier: CaseDossier, kept: int) -> Self:
        """A log that goes on from another, whose operator has acts forgotten about the case of a dossier."""
        case = dossier.manifest.request_id
        return cls(log.signer, log.trees, log.nodes, log.heads, log.at, case=case, kept=kept)

    def heads_at(self, size: int) -> tuple[Hashes, Mapping[bytes, HeadNode]]:
        """The map that is signed."""
        own = [(place, head) for place, head in self.heads if head.key == key_of_case(self.case)]
        heads = self.heads if size == self.kept else own
        return MemoryLog(self.signer, self.trees, self.nodes, heads).heads_at(size)


def logged(dossier: CaseDossier, log: MemoryLog, places: Sequence[int], earlier: Sequence[int] = ()) -> CaseDossier:
    """The dossier with its proof, sealed by the log."""
    files = {**dossier.files, PROOF: log.proved(places, earlier, case=dossier.manifest.request_id).written()}
    whole = resealed(dossier, files)
    return replace(whole, seal=seal_of(whole.manifest, log.signer))


def entered(dossier: CaseDossier, log: MemoryLog, upto: int | None = None) -> list[int]:
    """Enter a case's events, others between them; their places."""
    places = []
    for event in events_in(dossier)[:upto]:
        log.enter(f"another before {event.seq}".encode())
        places.append(log.enter(*entry_and_head(dossier, event)))
    return places


def entry_and_head(dossier: CaseDossier, event: RecordedEvent) -> tuple[bytes, LogHead]:
    """What is entered of an event of a case, and the head that the case has then."""
    case = dossier.manifest.request_id
    return entry_of_event(case, event.seq, event.digest), LogHead(
        key_of_case(case), event.seq, bytes.fromhex(event.digest)
    )
