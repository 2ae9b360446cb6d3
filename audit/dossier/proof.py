"""The proof of a dossier: under which checkpoint its events stand in the log, and how that is shown."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Final, Literal

from pydantic import FailFast, ValidationError

from audit.dossier.contents import CaseDossier
from domain.evidence import NotCanonical, canonical_json, plain
from domain.field_types import Sha256
from domain.log.heads import Hashes, HeadWay, node_in
from domain.model import Fixed

PROOF: Final = "proof.json"
Hashed = Annotated[tuple[Sha256, ...], FailFast()]
"""A way of hashes in hex. The first that is none is enough: an error of each would take a thousand times its bytes."""


class ProvedEvent(Fixed):
    """Where an event stands in the log, and its path to the root of the checkpoint: by SHA-256 and by SM3, in hex."""

    seq: int
    place: int
    sha256: Hashed
    sm3: Hashed


class ProvedAct(Fixed):
    """Where an act stands in the log, and its path to the root of the checkpoint."""

    number: int
    place: int
    sha256: Hashed
    sm3: Hashed


class ProvedGrowth(Fixed):
    """That the log of the checkpoint begins with an earlier log of ``size`` entries."""

    size: int
    sha256: Hashed
    sm3: Hashed


class ProvedHead(Fixed):
    """Which event of the case, or act about it, was the last in the log of a checkpoint, by its map of heads.

    ``of`` says of what, ``size`` how many entries the checkpoint covers. At each of ``bits`` the way branches off, and
    the other side has these hashes; ``end`` is the node in which it ends, in hex, None in an empty map.
    """

    of: Literal["events", "acts"]
    size: int
    bits: Annotated[tuple[int, ...], FailFast()]
    sha256: Hashed
    sm3: Hashed
    end: str | None = None

    def way(self) -> HeadWay:
        """The way itself. Raises ValueError for an end that is no node."""
        others = zip(map(bytes.fromhex, self.sha256), map(bytes.fromhex, self.sm3), strict=True)
        end = None if self.end is None else node_in(bytes.fromhex(self.end))
        return HeadWay(self.bits, [Hashes(*each) for each in others], end)


class LogProof(Fixed):
    """A checkpoint as a signed note, what it proves of the case's events and acts, and that it goes on from earlier.

    ``heads`` has, for this checkpoint and for each earlier one, where the case and the acts about it ended then.
    """

    checkpoint: str
    events: Annotated[tuple[ProvedEvent, ...], FailFast()]
    acts: Annotated[tuple[ProvedAct, ...], FailFast()] = ()
    grown_from: Annotated[tuple[ProvedGrowth, ...], FailFast()] = ()
    heads: Annotated[tuple[ProvedHead, ...], FailFast()] = ()

    def written(self) -> bytes:
        """As it stands in the dossier."""
        return f"{canonical_json(plain(self))}\n".encode()


def proved_head(of: Literal["events", "acts"], size: int, way: HeadWay) -> ProvedHead:
    """A way through a map of heads, as a dossier writes it."""
    return ProvedHead(
        of=of,
        size=size,
        bits=tuple(way.bits),
        sha256=in_hex([each.sha256 for each in way.others]),
        sm3=in_hex([each.sm3 for each in way.others]),
        end=None if way.end is None else way.end.written().hex(),
    )


def in_hex(path: Sequence[bytes]) -> tuple[str, ...]:
    """A path as a dossier writes it."""
    return tuple(each.hex() for each in path)


def read_proof(dossier: CaseDossier) -> LogProof | None:
    """The proof of a dossier; None where it has none. Raises ValueError for what is not one."""
    content = dossier.files.get(PROOF)
    if content is None:
        return None
    return _proof_in(content)


@lru_cache(maxsize=1)
def _proof_in(content: bytes) -> LogProof:
    """Several checks of a dossier ask for its proof."""
    try:
        proof = LogProof.model_validate_json(content)
        if proof.written() == content:
            return proof
    except (ValidationError, NotCanonical):
        pass
    raise ValueError(f"{PROOF} is not the proof of a dossier, or not in its one form")
