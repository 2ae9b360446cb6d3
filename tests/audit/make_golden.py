"""Keep a dossier of each procedure: ``python -m tests.audit.make_golden`` from the top of the repository.

They stand in a folder of this release, made anew as a whole; those of releases before are never written again: each
later version must still read and check them. All stand in one log, whose key is made for the day: its public half
stays, the secret one is kept nowhere. The checkpoint is one of before the last cases, as an auditor has it.

``--note`` makes none of them: it notes what this release has, its texts, its editions and the fingerprint of its rules,
by which later ones know them. A release does so last of all.
"""

import json
import secrets
import shutil
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import audit
from audit.dossier.contents import CaseDossier
from audit.released import EDITIONS, RULES, TEXTS, editions_here, rules_noted, texts_here
from domain.log.keys import Ed25519Signer
from domain.naming import procedure_of_id
from tests.audit.dossiers import named_dossier_of, packed, withheld_dossier_of
from tests.audit.logs import MemoryLog, entered, logged

GOLDEN: Final = Path(__file__).parent / "golden"
"""A folder a release."""
RELEASED_TEXTS: Final = Path(audit.__path__[0]) / "data" / TEXTS
"""The digests of the statutes of each release, by which those of before are known."""
RELEASED_EDITIONS: Final = RELEASED_TEXTS.with_name(EDITIONS)
"""The ids of the editions of the calendar that came with each release."""
RELEASED_RULES: Final = RELEASED_TEXTS.with_name(RULES)
"""The fingerprints of the rules of each release."""
KEY: Final = "log.pub"
CHECKPOINT: Final = "checkpoint"
CASES: Final = (
    "cn-809-2025.extension-granted",
    "demand.published-then-requested",
    "access_grant.nantong-used-then-expired",
    "catalogue_change.national-extension-with-consent",
    "data_correction.zhejiang-disputed-and-corrected",
    "periodic_duty.nantong-survey-fulfilled-on-the-last-second",
    "rectification.yima-to-the-government-and-accountability",
    "resource_withdrawal.nantong-809-both",
)
"""A case of each procedure, of those whose histories are kept."""
WITHHELD: Final = "access_grant.nantong-used-then-expired"
"""The case whose persons are left out; in all others they are named."""


def sealed(cases: Sequence[CaseDossier], signer: Ed25519Signer) -> tuple[list[CaseDossier], str]:
    """The dossiers in one log and sealed with its key; and its checkpoint when half of them stood in it."""
    log, places, kept, size = MemoryLog(signer), list[list[int]](), "", 0
    for number, dossier in enumerate(cases, start=1):
        places.append(entered(dossier, log))
        if number == len(cases) // 2:
            kept, size = log.checkpoint(), log.trees[0].size
    return [logged(dossier, log, where, [size]) for dossier, where in zip(cases, places, strict=True)], kept


def note() -> None:
    """Note which statutes, editions of the calendar and rules this release has, beside those of the releases before."""
    rules = rules_noted(json.loads(RELEASED_RULES.read_text("utf-8")))
    for file, here in (
        (RELEASED_TEXTS, texts_here()),
        (RELEASED_EDITIONS, editions_here()),
        (RELEASED_RULES, rules),
    ):
        before = json.loads(file.read_text("utf-8"))
        file.write_text(f"{json.dumps({**before, version('shareflow'): here}, indent=2)}\n", "utf-8")


def make() -> None:
    """Make those of this release."""
    note()
    signer = Ed25519Signer("shareflow/golden", secrets.token_bytes(32))
    made = [withheld_dossier_of(case) if case == WITHHELD else named_dossier_of(case) for case in CASES]
    dossiers, kept = sealed(made, signer)
    folder = GOLDEN / version("shareflow")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / KEY).write_text(f"{signer.key.written()}\n", "utf-8")
    (folder / CHECKPOINT).write_text(kept, "utf-8")
    for dossier in dossiers:
        name = procedure_of_id(dossier.manifest.request_id).value
        (folder / f"{name}.zip").write_bytes(packed(dossier))
    print(f"{folder}: {len(dossiers)} dossiers")


if __name__ == "__main__":
    note() if sys.argv[1:] == ["--note"] else make()
