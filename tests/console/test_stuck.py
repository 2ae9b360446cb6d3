"""卡住的流程: what an operator sees by cause, and does with the forms, over HTTP."""

import re
import uuid
from collections.abc import AsyncIterator, Sequence

import pytest

from domain.log.acts import Acting, ActKind, NewAct
from domain.messages import label
from domain.stuck import Remedied, RemedyResult
from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from ledger.queries.stuck_batches import next_items, note_result
from starter.engine_client import ShareflowClient
from tests.console.conftest import Enter, Person
from tests.engine.looking import handle_of, until
from tests.procedures.held_up import CAUSE, held_up, refuses


@pytest.fixture
async def stuck(ground: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sequence[str]]:
    """Two cases that wait for another; what they wait for is mended when this is."""
    client = ShareflowClient(ground.temporal, ground.engine)
    with monkeypatch.context() as broken:
        broken.setattr("activities.other_cases.OtherCases._opening", refuses)
        two = await held_up(ground, client, 2)
    yield two
    for each in two:
        await handle_of(client, each).signal("retry_step")


def form_in(text: str, act: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that does something."""
    [form] = [it for it in text.split("<form") if f'data-act="{act}"' in it and f'action="{action}"' in it]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


async def sent(person: Person, page: str, act: str, action: str, **fields: str) -> tuple[int, str]:
    """Fill in a form of a page and send it; where it leads, else what it shows."""
    answer = await person.send(action, {**form_in((await person.get(page)).text, act, action), **fields})
    return answer.status_code, answer.headers.get("location") or answer.text


async def test_an_operator_frees_one_by_forms(stuck: Sequence[str], enter: Enter) -> None:
    operator, case = await enter(Role.OPERATOR), stuck[0]
    page = (await operator.get(f"/stuck?cause={CAUSE.replace(':', '%3A')}")).text
    [row] = [it for it in page.split("<tr") if f'data-cause="{CAUSE}"' in it]
    assert 'data-kind="opening_waits"' in row
    [line] = [it for it in page.split("<tr") if f'data-subject="{case}"' in it]
    assert f'<a class="case" href="/cases/{case}">' in line
    assert re.search(r"等待事项 <bdi>[A-Z0-9-]+</bdi> <span class=\"tag\">尚未立案", line)
    assert "<details" in line
    assert "<summary>申请内容不完整</summary>" in line
    assert "application_incomplete: no" in line
    assert "另一事项办不成：申请内容不完整" in line
    assert "other_case_unavailable" not in line.partition("<pre")[0]
    assert re.search(r'data-part="machinery">有 1 个工作进程在应答。', page)
    assert page.count('data-act="batch"') == 1
    own = f"/stuck/{case}"
    assert '<option value="first">最初一步</option>' in (await operator.get(own)).text
    assert (await operator.get(own)).text.count("<h1>") == 1
    assert await sent(operator, own, "hand-over", f"{own}/hand-over", to="李工", reason="<b>交班</b>") == (303, own)
    assert "&lt;b&gt;交班&lt;/b&gt;" in (await operator.get(own)).text
    status, text = await sent(operator, own, "retry", f"{own}/retry", reason=" ")
    assert (status, "处置理由：必填" in text.partition('role="alert"')[2]) == (422, True)
    for unfit in ("\u202e", "\a"):
        for act, said in (("note", {"text": f"交{unfit}班"}), ("hand-over", {"to": f"李{unfit}工", "reason": "交班"})):
            status, text = await sent(operator, own, act, f"{own}/{act}", **said)
            assert (status, 'role="alert"' in text) == (422, True)
    assert "已恢复" not in (await operator.get(f"{own}?came=recovered")).text
    status, there = await sent(operator, own, "retry", f"{own}/retry", reason="对方材料已补齐")
    assert (status, there) == (303, f"{own}?came=recovered")
    assert "已恢复" in (await operator.get(there)).text.partition('role="status"')[2].partition("</div>")[0]
    bureau = await enter(Role.BUREAU, "bureau")
    assert (await bureau.get(own)).status_code == 403
    seen = await bureau.get("/stuck?kind=opening_waits")
    assert (seen.status_code, "data-act" in seen.text) == (200, False)
    assert 'data-kind="opening_waits"' in seen.text
    late = (await bureau.get("/stuck?kind=overdue")).text
    assert set(re.findall(r'data-kind="(\w+)"', late)) <= {"overdue"}
    assert f'data-subject="{case}"' not in late


async def test_all_of_a_cause_are_listed_confirmed_and_told_of(stuck: Sequence[str], enter: Enter) -> None:
    operator = await enter(Role.OPERATOR)
    page = f"/stuck?cause={CAUSE.replace(':', '%3A')}"
    text = (await operator.get(page)).text
    [form] = [it for it in text.split("<form") if 'data-act="batch"' in it and f'name="cause" value="{CAUSE}"' in it]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    refused = await operator.send("/stuck/batches", {**hidden, "reason": ""})
    assert refused.status_code == 422
    answer = await operator.send("/stuck/batches", {**hidden, "reason": "对方材料已补齐"})
    assert answer.status_code == 303
    address = answer.headers["location"]
    assert (await operator.send("/stuck/batches", {**hidden, "reason": "再点一次"})).headers["location"] == address
    listed = (await operator.get(address)).text
    assert all(f'href="/cases/{each}"' in listed for each in stuck)
    assert 'data-state="prepared"' in listed
    assert await sent(operator, address, "confirm", f"{address}/confirm") == (303, address)

    async def finished() -> str | None:
        shown = (await operator.get(address)).text
        return shown if 'data-state="finished"' in shown else None

    text = await until(finished)
    counts = {name: int(number) for name, number in re.findall(r'data-result="(\w+)">(\d+)<', text)}
    assert counts["recovered"] >= len(stuck)
    assert counts["recovered"] + counts["still_stuck"] + counts["not_executed"] == counts["number"]
    done = (await operator.get(f"/stuck/{stuck[0]}")).text.partition('data-list="retries"')[2]
    assert f'<a href="{address}">' in done
    assert ("对方材料已补齐" in done, "已恢复" in done) == (True, True)
    assert (await operator.get("/stuck/batches/none")).status_code == 404
    assert (await operator.send(f"{address}/confirm", {})).status_code == 403


async def test_a_cancelled_batch_ends_with_what_had_begun(ground: Sandbox, enter: Enter) -> None:
    operator, by = await enter(Role.OPERATOR), Acting(subject="tester")
    writer = ShareflowClient(ground.temporal, ground.engine).writer
    batch_id = f"b{uuid.uuid4().hex}"
    writer.prepare_batch(batch_id, "x", "y", by, ["CN-0001", "CN-0002"], 0)

    def move(kind: ActKind) -> bool:
        return writer.move_batch(batch_id, NewAct(kind=kind, by=by, target=f"stuck/batch/{batch_id}"))

    async def shown() -> tuple[str, bool]:
        """How many are in progress, and whether the page says when the batch ended."""
        page = (await operator.get(f"/stuck/batches/{batch_id}")).text
        assert label("console", "stuck_batch_cancelled", "zh") in page
        number = page.partition(f"</span> {label('console', 'stuck_in_progress', 'zh')}")[0].rpartition(">")[2]
        return number, label("console", "stuck_ended_at", "zh") in page

    assert move(ActKind.STUCK_BATCH)
    [begun] = next_items(ground.engine, batch_id, 1)
    assert move(ActKind.STUCK_BATCH_CANCEL)
    assert await shown() == ("1", False)
    note_result(ground.engine, batch_id, begun.place, Remedied(RemedyResult.RECOVERED))
    assert await shown() == ("0", True)
