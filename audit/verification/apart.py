"""Checking a dossier in a process of its own (``python -m audit.verification.apart``), for programs that serve others.

Such a process reads a :class:`CheckOrder` from its standard input and writes a :class:`CheckOutcome` to its standard
output. It has no more memory and time than are said here, and needs nothing of its environment.
"""

import resource
import sys
from pathlib import Path
from typing import Final

from audit.dossier.contents import DossierUnusable
from audit.dossier.packing import read_dossier
from audit.verification.results import CheckResult
from audit.verification.verify import Trusted, verify
from domain.log.keys import read_public_key
from domain.model import Fixed

MOST_MEMORY: Final = 4 << 30
"""In bytes of address space: what threads set aside is in it, too."""
MOST_SECONDS: Final = 120
"""Of a processor."""


class CheckOrder(Fixed):
    """What is to be checked: the file, public keys as they are written, and a checkpoint that was kept."""

    dossier: str
    keys: tuple[str, ...] = ()
    checkpoint: str | None = None


class CheckOutcome(Fixed):
    """What came of it: every check, or in one sentence why the file is no dossier that can be read."""

    results: tuple[CheckResult, ...] = ()
    unusable: str | None = None


def outcome_of(order: CheckOrder) -> CheckOutcome:
    """Check a dossier. Raises KeyWrong for a key that is none; blocks."""
    trusted = Trusted([read_public_key(key) for key in order.keys], order.checkpoint)
    try:
        return CheckOutcome(results=tuple(verify(read_dossier(Path(order.dossier)), trusted)))
    except DossierUnusable as error:
        return CheckOutcome(unusable=str(error))


def main() -> None:
    """Carry out the order of standard input, within the bounds. MemoryError and SIGXCPU end the process."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    order = CheckOrder.model_validate_json(sys.stdin.buffer.read())
    sys.stdout.write(outcome_of(order).model_dump_json(round_trip=True))


if __name__ == "__main__":
    main()
