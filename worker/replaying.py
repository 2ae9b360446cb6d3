"""Replaying histories with this version's workflow code, as a check before it takes over open cases."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from temporalio.worker import Replayer

from domain.rule_texts import KNOWN, RuleText
from ledger.reader import Reader
from ledger.rule_text_store import RuleTextStore
from protocol.histories import CaseHistory
from protocol.payloads import data_converter
from worker.building import WORKFLOWS, WithRuleTexts, sandbox
from workflows.handler_guard import HandlerGuard
from workflows.turns.idle_walks import leave_out_idle_walks


@dataclass
class ReplayTally:
    """How many histories were replayed, and the workflow and reason of each that failed."""

    number: int
    differing: dict[str, str]


async def replay(reader: Reader, histories: AsyncIterator[CaseHistory]) -> ReplayTally:
    """Replay histories as a worker on this ledger would. Errors of their source are passed on."""
    texts = RuleTextStore(reader.engine)
    texts.fetch_all()
    leave_out_idle_walks()
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=data_converter,
        interceptors=[HandlerGuard()],
        workflow_runner=WithRuleTexts(sandbox(), texts),
    )
    found = ReplayTally(0, {})
    async for history in histories:
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        found.number += 1
        if result.replay_failure is not None:
            found.differing[history.workflow_id] = " ".join(str(result.replay_failure).split())
    return found


async def histories_in(folder: Path) -> AsyncIterator[CaseHistory]:
    """The golden histories of a folder; their rule texts are in its folder ``texts``.

    Raises OSError or ValueError for files that cannot be read.
    """
    learn_texts_in(folder / "texts")
    for path in golden_in(folder):
        yield CaseHistory.from_json(f"golden/{path.stem}", path.read_text("utf-8"))


def golden_in(folder: Path) -> Sequence[Path]:
    """The files of golden histories in a folder."""
    return sorted(folder.glob("*.json"))


def learn_texts_in(folder: Path) -> None:
    """Load the rule texts in a folder, as a worker loads those of its ledger."""
    for path in folder.glob("*.json"):
        KNOWN.add(RuleText(path.stem, **json.loads(path.read_text("utf-8"))))
