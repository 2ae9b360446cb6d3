"""Requests filed by an event of a platform: once, whatever is repeated, crashes or comes at the same time."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from api.context import AppContext
from ledger.queries.events import events_of
from starter.engine_client import ShareflowClient
from starter.errors import Unavailable
from tests.api.callers import filing
from tests.engine.cases import REQUESTER
from tests.events.senders import SOURCE, Senders, event, fresh_id, submitted


async def test_an_event_starts_a_case_with_its_first_clock_and_who_holds_it(
    senders: Senders, context: AppContext
) -> None:
    said = submitted()
    answer = await senders.tell("nantong", said)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert {key: told[key] for key in ("source", "id", "type", "effect", "duplicate")} == {
        "source": SOURCE,
        "id": said["id"],
        "type": "cn.gov.shareflow.platform.request_submitted.v1",
        "effect": "started",
        "duplicate": False,
    }
    assert answer.headers["location"] == f"/v1/requests/{told['request_id']}"
    assert (told["case"]["stage"], told["case"]["waiting_for"][0]["role"]) == ("completeness_check", "bureau")
    assert [clock["id"] for clock in told["case"]["clocks"]] == ["completeness_check"]
    filed = events_of(context.client.reader.engine, told["request_id"])[0]
    assert (filed.actor.org, filed.actor.person) == (REQUESTER, "网关甲"), "the requester's, by the platform's hand"


async def test_the_same_again_answers_as_the_first_time_even_after_the_case_moved_on(senders: Senders) -> None:
    said = submitted(statute="changshu-2019")
    first = await senders.tell("platform", said)
    path = f"/v1/requests/{first.json()['request_id']}/commands"
    refused = await senders.api.post(
        path, json={"command": "refuse", "reason": "涉密"}, headers=senders.headers["provider"]
    )
    assert refused.status_code == 200
    for again in (await senders.tell("platform", said), await senders.tell_in_binary("platform", said)):
        assert again.status_code == 200
        assert again.json() == {**first.json(), "duplicate": True}


async def test_twenty_at_once_make_one_case(senders: Senders, context: AppContext) -> None:
    said = submitted()
    answers = await asyncio.gather(*(senders.tell("platform", said) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["request_id"] for answer in answers}) == 1
    assert [answer.json()["duplicate"] for answer in answers].count(False) == 1
    assert cases_of(context, said) == 1
    assert len(await senders.received("auditor", request_id=answers[0].json()["request_id"])) == 1


async def test_a_later_event_of_the_same_subject_is_attached_to_its_case(senders: Senders) -> None:
    subject = f"apply/{fresh_id()}"
    first = await senders.tell("platform", submitted(subject))
    later = await senders.tell("platform", submitted(subject))
    assert (later.status_code, later.json()["effect"]) == (200, "attached")
    assert later.json()["request_id"] == first.json()["request_id"] == later.json()["case"]["request_id"]
    kept = await senders.received("auditor", request_id=first.json()["request_id"])
    assert [each["effect"] for each in kept] == ["attached", "started"]
    elsewhere = await senders.tell("platform", submitted(subject, source="/platform/other"))
    assert elsewhere.json()["request_id"] != first.json()["request_id"], "another source has subjects of its own"


async def test_of_many_first_events_of_a_subject_one_starts_the_case(senders: Senders) -> None:
    subject = f"apply/{fresh_id()}"
    answers = await asyncio.gather(*(senders.tell("platform", submitted(subject)) for _ in range(8)))
    assert len({answer.json()["request_id"] for answer in answers}) == 1
    assert sorted(answer.json()["effect"] for answer in answers) == ["attached"] * 7 + ["started"]
    assert not [answer for answer in answers if answer.json()["duplicate"]]


async def test_an_event_without_a_subject_is_a_case_of_its_own(senders: Senders) -> None:
    one, two = (event("request_submitted", filing()) for _ in range(2))
    first, second = await senders.tell("platform", one), await senders.tell("platform", two)
    assert first.json()["request_id"] != second.json()["request_id"]


async def test_an_id_stands_for_one_content(senders: Senders, context: AppContext) -> None:
    said = submitted()
    other = {**said, "subject": f"apply/{fresh_id()}"}
    answers = await asyncio.gather(senders.tell("platform", said), senders.tell("platform", other))
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert refused.json()["code"] == "key_reused"
    assert cases_of(context, said) == 1, "who was refused has filed nothing"
    changed = {**said, "data": filing(purpose="别的用途")}
    assert (await senders.tell("platform", changed)).json()["code"] == "key_reused"


async def test_a_subject_stands_for_one_request(senders: Senders) -> None:
    subject = f"apply/{fresh_id()}"
    await senders.tell("platform", submitted(subject))
    changed = submitted(subject)
    changed["data"] = filing(purpose="别的用途")
    answer = await senders.tell("platform", changed)
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    corrected = await senders.tell("platform", {**submitted(subject), "id": changed["id"]})
    assert corrected.json()["effect"] == "attached", "a refused event has not used up its id"


async def test_what_the_rules_refuse_is_refused_with_its_article_and_leaves_nothing(senders: Senders) -> None:
    said = submitted()
    said["data"]["request"].pop("scope")
    refused = await senders.tell("platform", said)
    assert (refused.status_code, refused.json()["code"]) == (422, "application_incomplete")
    secret = submitted()
    secret["data"]["request"]["contains_state_secret"] = True
    answer = await senders.tell("platform", secret)
    assert (answer.status_code, answer.json()["code"]) == (422, "secret_data_excluded")
    assert (await senders.tell("platform", {**submitted(), "id": said["id"]})).status_code == 201


async def test_a_crash_before_the_filing_is_mended_by_sending_again(
    senders: Senders, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: Any, **__: Any) -> Any:
        raise Unavailable("the engine is away")

    said = submitted()
    with monkeypatch.context() as patch:
        patch.setattr(ShareflowClient, "open", dies)
        assert (await senders.tell("platform", said)).status_code == 503
    assert cases_of(context, said) == 0
    other = await senders.tell("platform", {**said, "data": filing(purpose="别的用途")})
    assert other.json()["code"] == "key_reused", "nobody knows yet what became of the first"
    again = await senders.tell("platform", said)
    assert (again.status_code, again.json()["duplicate"]) == (201, False)


async def test_a_crash_after_the_filing_is_mended_by_sending_again(
    senders: Senders, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: Any) -> Any:
        raise Unavailable("the database is away")

    said = submitted()
    with monkeypatch.context() as patch:
        patch.setattr("ledger.writer.Writer.finish_filing", dies)
        assert (await senders.tell("platform", said)).status_code == 503
    assert cases_of(context, said) == 1
    again = await senders.tell("platform", said)
    assert (again.status_code, again.json()["effect"], again.json()["duplicate"]) == (201, "started", False)
    assert (await senders.tell("platform", said)).json()["duplicate"] is True
    assert cases_of(context, said) == 1


async def test_who_may_file_by_event(senders: Senders, context: AppContext) -> None:
    own = await senders.tell("requester", submitted())
    assert (own.status_code, own.json()["effect"]) == (201, "started")
    actor = events_of(context.client.reader.engine, own.json()["request_id"])[0].actor
    assert (actor.org, actor.person) == (REQUESTER, f"requester@{REQUESTER}")
    foreign = await senders.tell("stranger", submitted())
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_a_party")
    elsewhere = await senders.tell("changshu", submitted())
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "not_a_party")
    for who in ("provider", "bureau", "auditor", "operator"):
        answer = await senders.tell(who, submitted())
        assert (answer.status_code, answer.json()["code"]) == (403, "role_required"), who


async def test_the_names_of_one_sender_are_not_those_of_another(senders: Senders) -> None:
    said = submitted()
    first, second = await senders.tell("platform", said), await senders.tell("nantong", said)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["request_id"] != second.json()["request_id"]


def cases_of(context: AppContext, said: dict[str, Any]) -> int:
    """How many cases have the purpose that an event names; every test's is another one."""
    with context.client.reader.engine.connect() as connection:
        query = text("SELECT count(*) FROM filings WHERE application ->> 'purpose' = :purpose")
        return int(connection.execute(query, {"purpose": said["data"]["request"]["purpose"]}).scalar_one())
