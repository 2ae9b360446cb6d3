"""One writer in a process of its own: ``python -m bench.writing LEDGER STEPS SECONDS``.

It says ``ready``, waits for a line, then records the steps of one case after another as a worker's activity does, and
says how many transactions that were.
"""

import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from activities.ledger_steps import LedgerSteps
from bench.contestants.rows import CASE, KEY
from domain.calendar import Calendar
from domain.engine.records import Step, StepResult
from ledger.engine import connect


def steps_of(texts: Sequence[str], case: str) -> list[Step]:
    """The steps of a new case."""
    return [Step.model_validate_json(text.replace(CASE, case).replace(KEY, case)) for text in texts]


def follows(step: Step, before: StepResult | None) -> Step:
    """A step that carries the digest of the event before, where steps do: that is another one in each case."""
    digest = getattr(before, "digest", None)
    if digest is None or "prev" not in Step.model_fields:
        return step
    return step.model_copy(update={"prev": digest})


def main(url: str, recorded: Path, seconds: float) -> None:
    """Write for so many seconds."""
    engine = connect(url, pool_size=1)
    ledger = LedgerSteps(engine, Calendar.packaged())
    texts = recorded.read_text("utf-8").splitlines()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    written, stops = 0, time.perf_counter() + seconds
    while time.perf_counter() < stops:
        result: StepResult | None = None
        for step in steps_of(texts, uuid.uuid4().hex):
            result = ledger.record_step(follows(step, result))
            if not result.applied:
                raise RuntimeError(f"A step was not written: {step}")
            written += 1
    sys.stdout.write(f"{written}\n")
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
