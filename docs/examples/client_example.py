"""Your system against a running engine whose time you advance. Copy this file and go on from here."""

from embedded.testing.engine import ShareflowEngine

REQUESTER, PROVIDER = "113206000140000015", "113206000140000028"
REQUEST = {
    "requester": {"code": REQUESTER, "name": "南通市民政局"},
    "provider": {"code": PROVIDER, "name": "南通市公安局"},
    "resource": {"code": "NT-GA-0001", "name": "常住人口基本信息", "sharing_class": "conditional"},
    "purpose": "低保资格核验",
    "scope": "姓名、身份证号码、户籍状态",
}


def test_a_silent_provider_is_overdue_and_then_agrees(shareflow_engine: ShareflowEngine) -> None:
    requester = shareflow_engine.client("requester", REQUESTER)
    provider = shareflow_engine.client("provider", PROVIDER)
    bureau = shareflow_engine.client("bureau", jurisdiction=["nantong"])

    id = requester.file("nantong-2020", REQUEST, key="our-case-2026-0001").request_id
    limit = bureau.command(id, "accept").case.clock("provider_answer")
    shareflow_engine.advance(until=limit.due_at)  # ten working days go by, in a moment
    assert requester.get(id).clock("provider_answer").state == "breached"

    requester.command(id, "open_negotiation", justification="因履行职责确需使用")
    provider.command(id, "propose", terms={"scope": "姓名、户籍状态"})
    requester.command(id, "agree")
    bureau.command(id, "agree")

    requester.wait_for(id, outcome="granted", timeout=10)
    happened = [event.type for event in requester.events(id)]
    assert happened.index("clock_breached") < happened.index("negotiation_opened") < happened.index("terms_agreed")
