"""The proof of a dossier: under which checkpoint its events stand in the log, and how that is shown."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from audit.dossier.contents import CaseDossier
from domain.evidence import NotCanonical, canonical_json, plain
from domain.field_types import Sha256
from domain.model import Fixed

PROOF: Final = "proof.json"


class ProvedEvent(Fixed):
    """Where an event stands in the log, and its path to the root of the checkpoint: by SHA-256 and by SM3, in hex."""

    seq: int
    place: int
    sha256: tuple[Sha256, ...]
    sm3: tuple[Sha256, ...]


class ProvedAct(Fixed):
    """Where an act stands in the log, and its path to the root of the checkpoint."""

    number: int
    place: int
    sha256: tuple[Sha256, ...]
    sm3: tuple[Sha256, ...]


class ProvedGrowth(Fixed):
    """That the log of the checkpoint begins with an earlier log of ``size`` entries."""

    size: int
    sha256: tuple[Sha256, ...]
    sm3: tuple[Sha256, ...]


class LogProof(Fixed):
    """A checkpoint as a signed note, what it proves of the case's events and acts, and that it goes on from earlier."""

    checkpoint: str
    events: tuple[ProvedEvent, ...]
    acts: tuple[ProvedAct, ...] = ()
    grown_from: tuple[ProvedGrowth, ...] = ()

    def written(self) -> bytes:
        """As it stands in the dossier."""
        return f"{canonical_json(plain(self))}\n".encode()


def in_hex(path: Sequence[bytes]) -> tuple[str, ...]:
    """A path as a dossier writes it."""
    return tuple(each.hex() for each in path)


def read_proof(dossier: CaseDossier) -> LogProof | None:
    """The proof of a dossier; None where it has none. Raises ValueError for what is not one."""
    content = dossier.files.get(PROOF)
    if content is None:
        return None
    try:
        proof = LogProof.model_validate_json(content)
        if proof.written() == content:
            return proof
    except (ValidationError, NotCanonical):
        pass
    raise ValueError(f"{PROOF} is not the proof of a dossier, or not in its one form")
