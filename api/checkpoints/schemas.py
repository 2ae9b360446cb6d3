"""Checkpoints of the log as the HTTP door shows them."""

from datetime import datetime

from pydantic import Field

from api.http.schemas import Out


class RootsOut(Out):
    """The root of the log's Merkle tree (RFC 6962), in hexadecimal digits: by SHA-256 and by SM3."""

    sha256: str
    sm3: str


class CheckpointLinks(Out):
    """Where to go on from here; relative to the API's address."""

    self: str


class CheckpointOut(Out):
    """A checkpoint: how long the log was, which roots its tree had, and that signed. Keep `note` as it stands."""

    log: str = Field(description="The name of the log, which is that of its key.")
    size: int = Field(description="How many entries it covers.")
    made_at: datetime
    roots: RootsOut
    note: str = Field(
        description="The signed note (C2SP tlog-checkpoint): what an auditor keeps and a witness cosigns."
    )
    links: CheckpointLinks


class CheckpointPage(Out):
    """Some checkpoints, the newest first; `next` is the cursor of the following page, null on the last."""

    items: list[CheckpointOut]
    next: str | None


class LogKeyOut(Out):
    """The public key with which the newest checkpoint was signed."""

    name: str = Field(description="The name of the key, and of the log.")
    key: str = Field(description="The key on one line (C2SP signed-note, verifier key), as `--key` takes it in a file.")
