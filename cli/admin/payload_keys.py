"""What ``shareflow admin payload-key`` does."""

import typer

from cli.errors import Failure
from protocol.sealing import SealKind, written_key


def tell_new_key(key_id: str, kind: str) -> None:
    """Print a new key, as a line of the file of keys. Raises Failure for a kind that there is not, NotOpened."""
    if kind not in set(SealKind):
        raise Failure(f"There is no kind {kind}; there are {', '.join(SealKind)}.")
    typer.echo(written_key(key_id, SealKind(kind)))
