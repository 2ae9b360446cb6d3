"""Waiting until a case has come to a stage, an outcome, or whatever else a caller looks for."""

import time
from collections.abc import Callable, Collection
from dataclasses import replace

from shareflow import _calls
from shareflow._errors import NotReached
from shareflow._models import Case
from shareflow._talk import Patience, Pause, Talk, ask

LONGEST_POLL = 20.0
"""Seconds for which one request asks the server to hold its answer back."""

Words = str | Collection[str]


def wait_for(
    request_id: str,
    stage: Words | None,
    outcome: Words | None,
    until: Callable[[Case], bool] | None,
    timeout: float,
    patience: Patience,
) -> Talk[Case]:
    """The case as soon as everything asked for holds.

    Raises NotReached when the time is over, or at once when the case has closed elsewhere.
    """
    if stage is None and outcome is None and until is None:
        raise ValueError("wait_for needs to know what for: a stage, an outcome or a function of the case.")
    ends = time.monotonic() + timeout

    def left() -> Patience:
        # Out of reach is out of reach: no longer than the caller would wait for an answer.
        return replace(patience, total=max(0.1, min(patience.total, ends - time.monotonic())))

    case = yield from ask(_calls.get(request_id), left())
    while not (_in(case.stage, stage) and _in(case.outcome, outcome) and (until is None or until(case))):
        if case.closed and not (_in(case.stage, stage) and _in(case.outcome, outcome)):
            raise NotReached(f"{request_id} has closed ({case.outcome}) without coming there.", case)
        seconds = min(LONGEST_POLL, ends - time.monotonic())
        if seconds <= 0:
            raise NotReached(f"{request_id} stands at {case.stage} and did not come there in {timeout:g} s.", case)
        changed = yield from ask(_calls.get_changed(request_id, case.etag, seconds), left())
        if changed is None or changed.head == case.head:
            yield Pause(0.05)  # a server that cannot hold its answer back must not be asked in a tight loop
        case = changed or case
    return case


def _in(word: str | None, wanted: Words | None) -> bool:
    if wanted is None:
        return True
    return word == wanted if isinstance(wanted, str) else word in wanted
