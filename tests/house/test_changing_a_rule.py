"""Changing a rule while cases run: a recorded history is replayed by a copy of the product with another rule.

The cases of docs/howto/change-a-rule.md: what a rule writes may change; what it once took it must not refuse, for a
case that was filed before; a rule that hangs on a part of the text, which a case carries with it, may be as strict as
it likes.
"""

import pytest

from tests.house.code import ROOT
from tests.house.copies import Copy, copy_of_the_product

RULE = "procedures/share_request/provider_answer.py"
WRITES = "decision.note(EventType.ACCEPTED, check.clause if check else None)"
"""Where the rule of `accept` writes its event."""
HISTORY = ROOT / "tests/histories/nantong-2020.refused-late-then-impasse.json"
REPLAY = f"""
import asyncio, json, os, pathlib, sys
from temporalio.client import WorkflowHistory
from domain.rule_texts import KNOWN, RuleText
from protocol.payloads import data_converter
from temporalio.worker import Replayer
from worker.building import sandbox
from workflows.handler_guard import HandlerGuard
from workflows.case import CaseWorkflow

for path in pathlib.Path({str(HISTORY.parent)!r}).glob("texts/*.json"):
    KNOWN.add(RuleText(path.stem, **json.loads(path.read_text("utf-8"))))
history = WorkflowHistory.from_json("case", pathlib.Path({str(HISTORY)!r}).read_text("utf-8"))
replayer = Replayer(
    workflows=[CaseWorkflow],
    data_converter=data_converter,
    interceptors=[HandlerGuard()],
    workflow_runner=sandbox(),
)
asyncio.run(replayer.replay_workflow(history))
sys.stdout.flush()
os._exit(0)  # a thread of the SDK's that is still about when Python ends aborts it
"""


@pytest.fixture
def copy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The product, to be changed."""
    return copy_of_the_product(tmp_path_factory.mktemp(request.node.name[:20]))


def test_as_it_is_it_replays(copy: Copy) -> None:
    done = copy.python(REPLAY)
    assert done.returncode == 0, done.stderr


def test_what_a_rule_writes_may_change(copy: Copy) -> None:
    copy.change(RULE, WRITES, f'{WRITES[:-1]}, told_how="online")')
    done = copy.python(REPLAY)
    assert done.returncode == 0, done.stderr


def test_what_was_taken_must_not_be_refused_afterwards(copy: Copy) -> None:
    copy.change(RULE, WRITES, f"raise Refused(RefusalCode.APPLICATION_INCOMPLETE)\n    {WRITES}")
    done = copy.python(REPLAY)
    assert done.returncode != 0
    assert "Nondeterminism" in done.stderr


def test_a_stricter_rule_hangs_on_the_text_that_a_case_carries(copy: Copy) -> None:
    model = "domain/statutes/model.py"
    copy.change(
        model,
        "    demand: Section[DemandRules]",
        "    papers_on_site: Clause | None = None\n    demand: Section[DemandRules]",
    )
    copy.change(
        model, '            "answer_consent",\n', '            "answer_consent",\n            "papers_on_site",\n'
    )
    strict = "if decision.case.statute.papers_on_site:\n        raise Refused(RefusalCode.APPLICATION_INCOMPLETE)"
    copy.change(RULE, WRITES, f"{strict}\n    {WRITES}")
    done = copy.python(REPLAY)
    assert done.returncode == 0, done.stderr
