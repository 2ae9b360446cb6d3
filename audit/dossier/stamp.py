"""The timestamp of a dossier: a checkpoint of its log that an authority has seen, and what that answered."""

import base64
import binascii

from pydantic import ValidationError

from audit.dossier.contents import STAMP
from domain.evidence import NotCanonical, canonical_json, plain
from domain.model import Fixed


class LogStamp(Fixed):
    """A checkpoint as a signed note, and the authority's answer (RFC 3161) in base64."""

    checkpoint: str
    response: str

    def written(self) -> bytes:
        """As it stands in the dossier."""
        return f"{canonical_json(plain(self))}\n".encode()

    def answered(self) -> bytes:
        """What the authority answered."""
        return base64.b64decode(self.response)


def log_stamp(checkpoint: str, response: bytes) -> LogStamp:
    """A checkpoint and an authority's answer, as a dossier writes them."""
    return LogStamp(checkpoint=checkpoint, response=base64.b64encode(response).decode())


def read_stamp(content: bytes) -> LogStamp:
    """The timestamp that was written. Raises ValueError for what is none, or is not in its one form."""
    try:
        stamp = LogStamp.model_validate_json(content)
        if log_stamp(stamp.checkpoint, stamp.answered()).written() == content:
            return stamp
    except (ValidationError, NotCanonical, binascii.Error, ValueError):
        pass
    raise ValueError(f"{STAMP} is not the timestamp of a dossier, or not in its one form")
