"""A suspended grant and the rectification ordered with it: whether sharing may end is known from that alone."""

import time
from datetime import timedelta

import pytest

from embedded.testing.engine import ShareflowEngine
from shareflow import Case, Client, RequestRefused
from tests.procedures.test_chains import PROVIDER, USER, ChainClients, party, request

WITHIN = 60
"""Seconds in which one case has told another."""


@pytest.fixture
def people(engine: ShareflowEngine) -> ChainClients:
    return ChainClients(engine)


def suspended(people: ChainClients, resource: str, working_days: int = 5) -> tuple[Case, Case]:
    """A grant under 809 that was suspended for misuse, and the rectification ordered with that."""
    case = people.user.file("changshu-2019+809", request(resource))
    people.provider.command(case.request_id, "grant")
    people.provider.command(case.request_id, "deliver", mode="api")
    grant = people.opened_by(case.request_id, "access_grant")
    people.provider.command(grant.request_id, "suspend", reason="提供给第三方", working_days=working_days)
    return people.auditor.get(grant.request_id), people.opened_by(grant.request_id, "rectification")


def noted(client: Client, grant: Case, *what: str) -> None:
    """Wait until the grant knows that of its rectification, in this order."""
    ends = time.monotonic() + WITHIN
    while time.monotonic() < ends:
        told = [event.data["what"] for event in client.events(grant.request_id) if event.type == "rectification_noted"]
        if told == list(what):
            return
        time.sleep(0.1)
    raise AssertionError(f"the grant knows {told}, not {what}")


def refused(client: Client, case: Case, command: str, **fields: object) -> str:
    with pytest.raises(RequestRefused) as refusal:
        client.command(case.request_id, command, **fields)
    return refusal.value.code


def test_a_rejection_inside_the_limit_is_no_failure(engine: ShareflowEngine, people: ChainClients) -> None:
    grant, notice = suspended(people, "CS-GA-0500")
    assert notice.requester.code == USER
    limit = notice.clock("rectification")
    assert grant.clock("rectification").due_at == limit.due_at
    people.user.command(notice.request_id, "report_completion", measures="已停止")
    people.bureau.command(notice.request_id, "reject_completion", reason="仍在外传")
    noted(people.auditor, grant, "reported", "rejected")
    assert refused(people.provider, grant, "terminate", reason="仍在外传", rectification="insufficient") == (
        "rectification_must_fail_first"
    )
    again = people.auditor.get(grant.request_id).clock("rectification")
    assert (again.state, again.due_at) == ("running", limit.due_at)
    engine.advance(until=limit.due_at + timedelta(hours=1))
    people.provider.command(grant.request_id, "terminate", reason="仍在外传")
    assert people.user.get(grant.request_id).outcome == "terminated"


def test_a_completion_under_review_is_no_failure_until_it_is_rejected(
    engine: ShareflowEngine, people: ChainClients
) -> None:
    grant, notice = suspended(people, "CS-GA-0501")
    people.user.command(notice.request_id, "report_completion", measures="已停止")
    noted(people.auditor, grant, "reported")
    engine.advance(until=notice.clock("rectification").due_at + timedelta(hours=1))
    assert refused(people.bureau, grant, "terminate", reason="逾期") == "rectification_must_fail_first"
    people.bureau.command(notice.request_id, "reject_completion", reason="整改不到位")
    noted(people.auditor, grant, "reported", "rejected")
    people.bureau.command(grant.request_id, "terminate", reason="整改不到位")
    ended = next(event for event in people.auditor.events(grant.request_id) if event.type == "terminated")
    assert ended.data["rectification"] == "insufficient"


def test_what_was_put_right_ends_nothing(engine: ShareflowEngine, people: ChainClients) -> None:
    grant, notice = suspended(people, "CS-GA-0502")
    people.user.command(notice.request_id, "report_completion", measures="已删除")
    people.bureau.command(notice.request_id, "accept_completion")
    noted(people.auditor, grant, "reported", "accepted")
    engine.advance(until=notice.clock("rectification").due_at + timedelta(days=3))
    assert refused(people.provider, grant, "terminate", reason="仍要终止") == "rectification_must_fail_first"
    people.provider.command(grant.request_id, "restore", reason="已验收")
    assert people.user.get(grant.request_id).stage == "in_use"


def test_a_refusal_is_known_in_both_cases_wherever_it_was_said(people: ChainClients) -> None:
    here, here_notice = suspended(people, "CS-GA-0503")
    people.user.command(here.request_id, "refuse_rectification", reason="不认为是违规")
    ends = time.monotonic() + WITHIN
    while "rectification_refused" not in [e.type for e in people.auditor.events(here_notice.request_id)]:
        assert time.monotonic() < ends, "the rectification was not told"
        time.sleep(0.1)
    there, there_notice = suspended(people, "CS-GA-0504")
    people.user.command(there_notice.request_id, "refuse_rectification", reason="不认为是违规")
    noted(people.auditor, there, "refused")
    for grant in (here, there):
        people.provider.command(grant.request_id, "terminate", reason="拒不整改")
        assert people.user.get(grant.request_id).outcome == "terminated"


def test_no_caller_says_what_only_a_case_can_tell(people: ChainClients) -> None:
    grant, notice = suspended(people, "CS-GA-0505")
    news = {"rectification": notice.request_id, "what": "rejected", "failed": True}
    assert refused(people.platform, grant, "note_rectification", **news) == "not_your_turn"
    ends = {"reason": "资源撤销", "withdrawal": "CHANGSHU-WITHDRAWAL-AAAAAAAAAAAAAAAA"}
    assert refused(people.platform, grant, "end_service", **ends) == "not_your_turn"
    assert people.auditor.get(grant.request_id).stage == "suspended"


def test_the_origin_of_a_notice_is_looked_up(engine: ShareflowEngine, people: ChainClients) -> None:
    case = people.user.file("changshu-2019", request("CS-GA-0506"))
    notice = {"department": party(PROVIDER), "ground": "late_answer", "facts": "逾期未答复", "working_days": 3}

    def opened(**origin: object) -> Case:
        return people.bureau.open_case("rectification", "changshu-2019", {**notice, "origin": origin})

    number = case.clock("provider_answer").number
    for wrong in (
        {"request_id": "CHANGSHU-AAAAAAAAAAAAAAAA"},
        {"request_id": case.request_id, "clock": number},  # it has not been missed yet
        {"request_id": case.request_id, "clock": 77},
    ):
        with pytest.raises(RequestRefused) as refusal:
            opened(**wrong)
        assert refusal.value.code == "origin_not_found"
    stranger = {**notice, "department": party("113206000140000033"), "origin": {"request_id": case.request_id}}
    with pytest.raises(RequestRefused) as refusal:
        people.bureau.open_case("rectification", "changshu-2019", stranger)
    assert refusal.value.code == "origin_not_found"
    engine.advance(until=case.clock("provider_answer").due_at + timedelta(hours=1))
    assert opened(request_id=case.request_id, clock=number).stage == "rectifying"
