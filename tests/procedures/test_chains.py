"""Cases that follow from one another, through the doors that people take, in skipped time."""

import time
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from embedded.testing.engine import ShareflowEngine
from shareflow import Case, Client
from tests.procedures.conftest import BEGINS

USER, OTHER, PROVIDER = "113206000140000015", "113206000140000033", "113206000140000028"
PATIENCE = 60
"""Seconds in which a case that follows must be there."""
NAMES = {USER: "市民政局", OTHER: "市人社局", PROVIDER: "市公安局"}


class ChainClients:
    """Clients of those who act."""

    def __init__(self, engine: ShareflowEngine) -> None:
        self.user = engine.client("requester", USER)
        self.other = engine.client("requester", OTHER)
        self.provider = engine.client("provider", PROVIDER)
        self.bureau = engine.client("bureau", "bureau")
        self.leading_group = engine.client("leading_group", "leading-group")
        self.platform = engine.client("platform", "platform")
        self.auditor = engine.client("auditor", "audit")

    def opened_by(self, case: str, procedure: str) -> Case:
        """The one case of a procedure that follows from another, once it stands in the ledger."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            found = list(self.auditor.list_cases(opened_by=case, procedure=procedure))
            if found:
                assert len(found) == 1
                return self.auditor.get(found[0].request_id)
        raise AssertionError(f"no {procedure} was opened by {case}")


@pytest.fixture
def people(engine: ShareflowEngine) -> ChainClients:
    return ChainClients(engine)


def party(code: str) -> dict[str, str]:
    return {"code": code, "name": NAMES[code]}


def request(resource: str, user: str = USER, **more: Any) -> dict[str, Any]:
    """A request for conditional data of the provider."""
    entry = {"code": resource, "name": "常住人口基本信息", "sharing_class": "conditional"}
    return {
        "requester": party(user),
        "provider": party(PROVIDER),
        "resource": entry,
        "purpose": "低保资格核验",
        "scope": "姓名、户籍状态",
        **more,
    }


def granted(people: ChainClients, resource: str, user: str = USER, **more: Any) -> Case:
    """The grant of a request under Nantong's rules."""
    client = people.user if user == USER else people.other
    case = client.file("nantong-2020", request(resource, user, **more))
    people.bureau.command(case.request_id, "accept")
    people.provider.command(case.request_id, "grant")
    return people.opened_by(case.request_id, "access_grant")


def types(client: Client, case: str) -> list[str]:
    return [event.type for event in client.events(case)]


def test_demand_request_grant_expiry_and_a_new_request(engine: ShareflowEngine, people: ChainClients) -> None:
    matter = {
        "requester": party(USER),
        "provider": party(PROVIDER),
        "description": "流动人口居住登记信息",
        "purpose": "低保资格核验",
    }
    demand = people.user.open_case("demand", "nantong-2020", matter)
    entry = {"code": "NT-GA-0200", "name": "流动人口居住登记信息", "sharing_class": "conditional"}
    people.provider.command(demand.request_id, "publish", resource=entry)
    last_day = (engine.now + timedelta(days=60)).date()
    people.user.command(demand.request_id, "file_request", use_until=last_day.isoformat())
    first = people.opened_by(demand.request_id, "share_request")
    assert (first.opened_by, first.stage) == (demand.request_id, "completeness_check")
    assert first.statute == "nantong-2020+809", "a new application is made under the text in force on its day"

    people.bureau.command(first.request_id, "accept")
    people.provider.command(first.request_id, "grant")
    people.provider.command(first.request_id, "deliver", mode="interface")
    grant = people.opened_by(first.request_id, "access_grant")
    assert grant.clock("grant_term").due_date == last_day
    for _ in range(3):
        people.platform.command(grant.request_id, "record_use", count=2)
        engine.advance(days=1)
    engine.advance(until=datetime.combine(last_day + timedelta(days=2), BEGINS.timetz()))
    assert people.user.get(grant.request_id).stage == "expired"

    people.user.command(grant.request_id, "renew", use_until=(last_day + timedelta(days=365)).isoformat())
    again = people.opened_by(grant.request_id, "share_request")
    assert (again.resource.code, again.stage) == ("NT-GA-0200", "completeness_check")
    assert people.user.get(grant.request_id).outcome == "renewed"
    people.bureau.command(again.request_id, "accept")
    people.provider.command(again.request_id, "grant")
    people.provider.command(again.request_id, "deliver", mode="interface")
    assert people.opened_by(again.request_id, "access_grant").clock("grant_term").due_date > last_day


def test_breach_rectification_and_the_leading_group(engine: ShareflowEngine, people: ChainClients) -> None:
    case = people.user.file("changshu-2019", request("CS-GA-0001"))
    engine.advance(until=case.clock("provider_answer").due_at + timedelta(hours=1))
    people.bureau.command(case.request_id, "order_rectification", working_days=3)
    notice = people.opened_by(case.request_id, "rectification")
    limit = notice.clock("rectification")
    assert (limit.basis, limit.article, notice.provider.code) == ("decision", "28", PROVIDER)
    engine.advance(until=limit.due_at + timedelta(hours=1))
    people.bureau.command(notice.request_id, "escalate", reason="逾期未整改", serious="影响低保发放")
    people.leading_group.command(
        notice.request_id, "conclude_rectification", result="handed_over", reason="移送有关部门"
    )
    assert people.auditor.get(notice.request_id).outcome == "handed_over"
    assert "clock_breached" in types(people.auditor, notice.request_id)
    assert people.user.get(case.request_id).stage == "provider_answer", "nothing was decided for the provider"


def test_correction_is_pushed_to_all_who_hold_a_grant(people: ChainClients) -> None:
    mine, theirs = granted(people, "NT-GA-0300"), granted(people, "NT-GA-0300", OTHER)
    granted(people, "NT-GA-0301", OTHER)
    matter = {
        "requester": party(USER),
        "provider": party(PROVIDER),
        "resource": {"code": "NT-GA-0300", "name": "常住人口基本信息"},
        "doubt": "户籍状态与实际不符",
        "grant": mine.request_id,
    }
    doubt = people.user.open_case("data_correction", "nantong-2020", matter)
    people.provider.command(doubt.request_id, "correct", correction="已更正")
    people.bureau.command(doubt.request_id, "push_data")
    pushed = next(event for event in people.auditor.events(doubt.request_id) if event.type == "data_pushed")
    assert {(to["code"], to.get("grant")) for to in pushed.data["users"]} == {
        (USER, mine.request_id),
        (OTHER, theirs.request_id),
    }
    assert people.user.get(doubt.request_id).outcome == "corrected"


def test_withdrawal_ends_the_grants_in_order(engine: ShareflowEngine, people: ChainClients) -> None:
    first, second = granted(people, "NT-GA-0400"), granted(people, "NT-GA-0400", OTHER)
    untouched = granted(people, "NT-GA-0401")
    matter = {
        "provider": party(PROVIDER),
        "resource": {"code": "NT-GA-0400", "name": "常住人口基本信息"},
        "reason": "并入人口库",
    }
    withdrawal = people.provider.open_case("resource_withdrawal", "nantong-2020", matter)
    told = next(event for event in people.auditor.events(withdrawal.request_id) if event.type == "subscribers_told")
    assert [user["code"] for user in told.data["subscribers"]] == [USER, OTHER]
    people.bureau.command(withdrawal.request_id, "consent_to_withdrawal")
    # A third grant comes while the notice runs: it ends with the others.
    third = granted(people, "NT-GA-0400", OTHER)
    assert people.user.get(first.request_id).stage == "in_use"
    engine.advance(until=withdrawal.clock("withdrawal_notice").due_at + timedelta(hours=1))
    done = people.provider.wait_for(withdrawal.request_id, outcome="unpublished", timeout=60)
    ended = [event.data["grant"] for event in people.auditor.events(done.request_id) if event.type == "grant_ended"]
    assert ended == [first.request_id, second.request_id, third.request_id]
    for grant in (first, second, third):
        assert people.auditor.get(grant.request_id).outcome == "ended"
        told_why = [event for event in people.auditor.events(grant.request_id) if event.type == "service_ended"]
        assert [event.data["withdrawal"] for event in told_why] == [withdrawal.request_id]
    assert people.auditor.get(untouched.request_id).stage == "in_use"


def test_a_withdrawn_resource_ends_a_grant_about_whose_end_a_dispute_runs(
    engine: ShareflowEngine, people: ChainClients
) -> None:
    entry = {"code": "GA-0700", "name": "常住人口基本信息"}
    matter = {"requester": party(USER), "provider": party(PROVIDER), "resource": entry, "scope": "姓名"}
    grant = people.provider.open_case("access_grant", "cn-809-2025", matter)
    people.provider.command(grant.request_id, "propose_end", reason="系统下线")
    people.user.command(grant.request_id, "answer_end", agrees=False, reason="履职仍需使用")
    people.user.command(grant.request_id, "refer", reason="协商不成")
    assert people.auditor.get(grant.request_id).stage == "coordination"
    withdrawn = {"provider": party(PROVIDER), "resource": entry, "reason": "并入人口库"}
    withdrawal = people.provider.open_case("resource_withdrawal", "cn-809-2025", withdrawn)
    people.provider.command(withdrawal.request_id, "record_negotiation", result="agreed")
    engine.advance(until=withdrawal.clock("withdrawal_notice").due_at + timedelta(hours=1))
    people.provider.wait_for(withdrawal.request_id, outcome="unpublished", timeout=60)
    assert people.auditor.get(grant.request_id).outcome == "ended"
    assert types(people.auditor, grant.request_id)[-1] == "closed"


def test_a_due_date_across_the_chain_is_a_date(people: ChainClients) -> None:
    grant = granted(people, "NT-GA-0600", use_until="2027-03-02")
    assert grant.clock("grant_term").due_date == date(2027, 3, 2)
