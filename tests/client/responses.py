"""Answers of the API as plain data, for servers that only pretend."""

from typing import Any


def case(**changes: Any) -> dict[str, Any]:
    """A case that waits for its provider."""
    return {
        "request_id": "NANTONG-1",
        "procedure": "share_request",
        "statute": "nantong-2020",
        "stage": "provider_answer",
        "stage_label": "待答复",
        "outcome": None,
        "filed_at": "2026-09-18T10:00:00+08:00",
        "head": 5,
        "requester": {"code": "1132", "name": "市民政局"},
        "provider": {"code": "1133", "name": "市公安局"},
        "resource": {"code": "GA-1", "name": "常住人口", "sharing_class": "conditional"},
        **changes,
    }


def event(number: int, type_: str = "granted") -> dict[str, Any]:
    """A CloudEvent."""
    return {
        "specversion": "1.0",
        "id": f"NANTONG-1/{number}",
        "source": "/shareflow",
        "type": f"cn.gov.shareflow.request.{type_}.v1",
        "subject": "NANTONG-1",
        "time": "2026-09-18T10:00:00+08:00",
        "sequence": f"{number:010d}",
        "data": {"seq": number, "said": "是\u2028否"},
    }
