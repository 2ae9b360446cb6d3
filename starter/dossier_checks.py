"""Checks dossiers in a separate process, one at a time, so that other work does not have to wait."""

import asyncio
import logging
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from audit.dossier.contents import DossierUnusable
from audit.verification.apart import CheckOrder, CheckOutcome
from audit.verification.results import CheckResult
from starter.errors import Crowded

APART: Final = "audit.verification.apart"
PATIENCE_SECONDS: Final = 180
"""Timeout; longer than the processor time of the process, since it may have to share the processor."""

log = logging.getLogger("shareflow.audit")


class TooMuch(Exception):
    """A dossier needs more memory or time than allowed here; it can be checked on another machine."""


class DossierChecks:
    """Checks dossiers one at a time."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._busy = False

    def refuse_when_busy(self) -> None:
        """Raises Crowded while one is being checked."""
        if self._busy:
            raise Crowded("Another dossier is being checked; ask again later.")

    async def check(self, dossier: Path, keys: Sequence[str], checkpoint: str | None) -> tuple[CheckResult, ...]:
        """Every check of the dossier in a file; ``keys`` are public keys as they are written.

        Raises Crowded while another is being checked, DossierUnusable for a file that is none, TooMuch.
        """
        self.refuse_when_busy()
        self._busy = True
        try:
            if not await asyncio.to_thread(zipfile.is_zipfile, dossier):
                raise DossierUnusable("This is not a zip that can be read.")
            outcome = await self._outcome(CheckOrder(dossier=str(dossier), keys=tuple(keys), checkpoint=checkpoint))
        finally:
            self._busy = False
        if outcome.unusable is not None:
            raise DossierUnusable(outcome.unusable)
        return outcome.results

    async def _outcome(self, order: CheckOrder) -> CheckOutcome:
        """The output of the process, which gets no environment, and so none of this one's addresses and secrets."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", APART), stdin=pipe, stdout=pipe, stderr=pipe, env={}
        )
        try:
            async with asyncio.timeout(self._patience):
                said, complaint = await process.communicate(order.model_dump_json().encode())
        except TimeoutError:
            raise TooMuch(f"Checking it takes longer than {self._patience:.0f} s.") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode == 0:
            return CheckOutcome.model_validate_json(said)
        log.error("dossier not checked", extra={"exit": process.returncode, "error": complaint[-2000:].decode()})
        raise TooMuch("Checking it takes more memory or time than there is here.")
