"""Logs for tests: a tree in memory, in which the events of a case stand among others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from audit.dossier.contents import CaseDossier
from audit.dossier.proof import PROOF, LogProof, ProvedAct, ProvedEvent, ProvedGrowth, in_hex
from audit.dossier.seal import seal_of
from audit.verification.record import events_in
from domain.evidence import BEIJING
from domain.log.checkpoints import Checkpoint
from domain.log.entries import entry_of_event
from domain.log.keys import Ed25519Signer
from domain.log.proofs import consistency, inclusion
from domain.log.tree import GrowingTree, NodePlace, TreeHash
from tests.audit.dossiers import resealed

LOG_KEY = Ed25519Signer("shareflow/test", b"\x01" * 32)
AT = datetime(2026, 3, 5, 9, tzinfo=BEIJING)


@dataclass
class MemoryLog:
    """A log that only grows, by both algorithms."""

    signer: Ed25519Signer = LOG_KEY
    trees: tuple[GrowingTree, GrowingTree] = field(
        default_factory=lambda: (GrowingTree(TreeHash("sha256")), GrowingTree(TreeHash("sm3")))
    )
    nodes: tuple[dict[NodePlace, bytes], dict[NodePlace, bytes]] = field(default_factory=lambda: ({}, {}))

    def enter(self, content: bytes) -> int:
        """Enter something; its place."""
        place = self.trees[0].size
        for tree, nodes in zip(self.trees, self.nodes, strict=True):
            nodes.update(tree.add(tree.hashing.leaf(content)))
        return place

    def checkpoint(self) -> str:
        """How it stands, signed."""
        sha256, sm3 = self.trees
        roots = sha256.root(), sm3.root()
        return Checkpoint(self.signer.key.name, sha256.size, *roots, AT).note().signed(self.signer).written()

    def proved(
        self, places: Sequence[int], earlier: Sequence[int] = (), acts: Mapping[int, int] | None = None
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
        )


def logged(dossier: CaseDossier, log: MemoryLog, places: Sequence[int], earlier: Sequence[int] = ()) -> CaseDossier:
    """The dossier with its proof, sealed by the log."""
    files = {**dossier.files, PROOF: log.proved(places, earlier).written()}
    whole = resealed(dossier, files)
    return replace(whole, seal=seal_of(whole.manifest, log.signer))


def entered(dossier: CaseDossier, log: MemoryLog, upto: int | None = None) -> list[int]:
    """Enter a case's events, others between them; their places."""
    places = []
    for event in events_in(dossier)[:upto]:
        log.enter(f"another before {event.seq}".encode())
        places.append(log.enter(entry_of_event(dossier.manifest.request_id, event.seq, event.digest)))
    return places
