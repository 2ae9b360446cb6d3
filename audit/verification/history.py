"""Whether the case's own workflow, run again from its history, decides what it decided then and records the same.

The workflow code of this version is given every message that the history holds, command by command. It must ask for
the same things in the same order; and what it would have written into the ledger, each event of each step, must be what
stands there. So the rules are asked again for every decision, and the history vouches for the ledger.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from audit.dossier.contents import HISTORY, CaseDossier, DossierUnusable
from audit.verification.answers import answered_otherwise
from audit.verification.handing_over import check_first, check_left, check_taken_over
from audit.verification.history_json import history_in
from audit.verification.order import check_order
from audit.verification.record import CaseRecord
from audit.verification.replayed import LedgerListener, Replayed
from audit.verification.results import CheckFailed
from audit.verification.rules import DecidesOtherwise
from audit.verification.silence import SILENT, silent_runtime, silent_turns
from domain.evidence import plain
from domain.naming import fingerprint
from protocol.messages import CaseOpening
from protocol.names import CASE, workflow_id
from protocol.payloads import data_converter
from workflows.case import CaseWorkflow
from workflows.handler_guard import HandlerGuard

MOST_EVENTS: Final = 200_000
"""How many events a run has at most: Temporal ends one at 51,200 unless it was told otherwise."""
PATIENCE: Final = timedelta(seconds=60)
"""How long one run may take to be run again; a thousand commands take about two seconds."""

RunHistory = WorkflowHistory
"""The history of one run of a case, as Temporal exports it."""


class AnotherWorkflow(CheckFailed):
    """A history of Temporal that no case has: of another kind of workflow."""


def histories_in(dossier: CaseDossier) -> list[RunHistory]:
    """The histories of a case's runs, the first run first.

    Raises CheckFailed, and DossierUnusable for one that is longer than any run.
    """
    return [history_named(dossier, name) for name in dossier.histories]


def history_named(dossier: CaseDossier, name: str) -> RunHistory:
    """The history of a run by the name of its file. Raises what :func:`histories_in` does."""
    case = workflow_id(dossier.manifest.request_id)
    try:
        history = history_in(case, dossier.files[name].decode())
        if len(history.events) > MOST_EVENTS:
            raise DossierUnusable(f"{name} has {len(history.events)} events, more than any run of Temporal.")
        history.run_id  # noqa: B018 - raises where the first event is no start
    except DossierUnusable:
        raise
    except Exception:  # the SDK raises whatever its parser does
        raise CheckFailed(f"{name} is not a history of Temporal") from None
    check_order(name, history.events)
    return history


def opening_in(history: RunHistory) -> CaseOpening:
    """The message that a run was started with. Raises AnotherWorkflow, CheckFailed where it is none of a case."""
    started = history.events[0].workflow_execution_started_event_attributes
    if started.workflow_type.name != CASE:
        raise AnotherWorkflow(f"{HISTORY} is the history of another workflow, {started.workflow_type.name!r:.60}")
    try:
        [opening] = data_converter.payload_converter.from_payloads(started.input.payloads, [CaseOpening])
    except Exception:  # as above: what was packed is anybody's, and each converter has errors of its own
        raise CheckFailed(f"{HISTORY} is not the history of a case") from None
    if not isinstance(opening, CaseOpening):
        raise CheckFailed(f"{HISTORY} is not the history of a case")
    return opening


async def check_history(dossier: CaseDossier, record: CaseRecord, histories: Sequence[RunHistory]) -> Replayed:
    """Run the case again from its history, run after run, each from what the one before it left.

    Raises CheckFailed where it decides otherwise than it did.
    """
    replayed = Replayed()
    check_first(dossier.histories[0], histories[0])
    for (name, history), (by, following) in pairwise(zip(dossier.histories, histories, strict=True)):
        check_taken_over(name, history, by, following)
    for name, history in zip(dossier.histories, histories, strict=True):
        opening = opening_in(history)
        if opening.request_id != record.request_id:
            raise CheckFailed(f"{name} is the history of {opening.request_id}")
        check_filing(name, record, opening)
        failure = await replay(history, replayed)
        if failure is not None:
            raise DecidesOtherwise(f"{name}: run again, the case decides otherwise: {_why(failure)}")
        check_left(name, history, replayed.left)
        replayed.otherwise += answered_otherwise(name, history, replayed.answers)
    if replayed.ended and not ends(histories[-1]):
        name = dossier.histories[-1]
        raise DecidesOtherwise(f"{name} breaks off: the case came to its end, and the history does not")
    return replayed


def check_filing(name: str, record: CaseRecord, opening: CaseOpening) -> None:
    """What was filed is what the first event says by its digest, under the text that it names. Raises CheckFailed."""
    filed = {"procedure": opening.procedure.value, "statute": opening.statute, "application": opening.application}
    if record.filed.data.get("filing_digest") != opening.digest or fingerprint(plain(filed)) != opening.digest:
        raise CheckFailed(f"{name}: what was filed is not what event 1 says by its digest", record.filed.article)


def ends(history: RunHistory) -> bool:
    """Whether a history tells of the end of the case."""
    return history.events[-1].HasField("workflow_execution_completed_event_attributes")


async def replay(history: RunHistory, replayed: Replayed) -> Exception | None:
    """Run one run of a case again and note what it records; why it decides otherwise, or None.

    One that does not come to an end is given up after ``PATIENCE``: the replayer itself would wait for ever.
    """
    replayed.left, replayed.answers = None, {}
    SILENT.set(True)  # in this task and those that it begins
    replayer = Replayer(
        workflows=[CaseWorkflow],
        data_converter=data_converter,
        interceptors=[HandlerGuard(), LedgerListener(replayed)],
        workflow_runner=UnsandboxedWorkflowRunner(),
        workflow_task_executor=silent_turns(),
        runtime=silent_runtime(),
    )
    running = asyncio.create_task(replayer.replay_workflow(history, raise_on_replay_failure=False))
    await asyncio.wait([running], timeout=PATIENCE.total_seconds())
    if running.done():
        return running.result().replay_failure
    while not running.done():  # the first ends its wait for the history, the second that for its worker
        running.cancel()
        await asyncio.wait([running], timeout=1)
    return TimeoutError(f"it does not come to an end within {PATIENCE.total_seconds():.0f} s")


_SAID: Final = re.compile(r'message: "((?:[^"\\]|\\.)*)"')
"""Where the SDK's core writes out its whole record of a failure: what that says."""


def _why(failure: Exception) -> str:
    """Why a replay failed, on one line."""
    found = _SAID.search(str(failure))
    said = found[1].replace("\\n", " ") if found else str(failure)
    return f"{' '.join(said.split()):.200}"
