"""Checkpoints of the log as the HTTP door shows them."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from api.http.schemas import Out


class RootsOut(Out):
    """The root of the log's Merkle tree (RFC 6962), in hexadecimal digits: by SHA-256 and by SM3."""

    sha256: str
    sm3: str


class CosignatureOut(Out):
    """That another authority has seen the checkpoint, and the log only grow until then."""

    name: str = Field(description="The name of its key.")
    at: datetime = Field(description="When it says that it saw it.")


class CheckpointLinks(Out):
    """Where to go on from here; relative to the API's address."""

    self: str
    timestamp: str | None = Field(description="The authority's answer; null where there is none.")


class CheckpointOut(Out):
    """A checkpoint: how long the log was, which roots its tree had, and that signed. Keep `note` as it stands."""

    log: str = Field(description="The name of the log, which is that of its key.")
    size: int = Field(description="How many entries it covers.")
    made_at: datetime
    roots: RootsOut
    note: str = Field(
        description="The signed note (C2SP tlog-checkpoint): what an auditor keeps and a witness cosigns."
    )
    cosignatures: list[CosignatureOut] = Field(description="Who cosigned it; the signatures stand in `note`.")
    stamped_at: datetime | None = Field(
        description="When an authority for timestamps had seen it (RFC 3161); null where none was asked."
    )
    links: CheckpointLinks


class CosignedIn(BaseModel):
    """A checkpoint of this log with what witnesses wrote below it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    note: str = Field(
        min_length=1,
        max_length=100_000,
        description="The whole signed note, as it was read here, and the lines of witnesses.",
    )


class GrowthOut(Out):
    """That a log of `size` entries begins with that of `old_size`: a consistency proof (RFC 6962), in hexadecimal."""

    old_size: int
    size: int
    sha256: list[str]
    sm3: list[str]


class CheckpointPage(Out):
    """Some checkpoints, the newest first; `next` is the cursor of the following page, null on the last."""

    items: list[CheckpointOut]
    next: str | None


class LogKeyOut(Out):
    """The public key with which the newest checkpoint was signed."""

    name: str = Field(description="The name of the key, and of the log.")
    key: str = Field(description="The key on one line (C2SP signed-note, verifier key), as `--key` takes it in a file.")
