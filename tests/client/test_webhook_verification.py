"""Is a webhook message from Shareflow, and is it new? Only then is there an event."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from shareflow import WebhookNotVerified, verify_webhook
from tests.client import responses

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret of 24 byte").decode()
BODY = json.dumps(responses.event(7), ensure_ascii=False).encode()


def signed(body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,), minutes: int = 0) -> dict[str, str]:
    """The headers of a message that is signed with these secrets, so many minutes from now."""
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    signatures = [Webhook(secret).sign("msg_1", at, body.decode()) for secret in secrets]
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": " ".join(signatures),
    }


def test_a_true_message_is_an_event() -> None:
    event = verify_webhook(SECRET, signed(), BODY)
    assert (event.id, event.name, event.request_id, event.cursor) == ("NANTONG-1/7", "granted", "NANTONG-1", None)


def test_headers_of_a_web_framework_will_do() -> None:
    import httpx

    assert verify_webhook(SECRET, httpx.Headers(signed()), BODY).id == "NANTONG-1/7"


@pytest.mark.parametrize("secret", [SECRET, OTHER, [OTHER, SECRET]])
def test_while_a_secret_is_replaced_either_will_do(secret: str | list[str]) -> None:
    assert verify_webhook(secret, signed(secrets=(OTHER, SECRET)), BODY).id == "NANTONG-1/7"


def test_the_receiver_may_know_both_before_the_sender_does() -> None:
    assert verify_webhook([OTHER, SECRET], signed(secrets=(SECRET,)), BODY).id == "NANTONG-1/7"


@pytest.mark.parametrize(
    ("how", "changes", "body", "why"),
    [
        pytest.param({"secrets": (OTHER,)}, {}, BODY, "signature", id="another secret"),
        pytest.param({}, {}, BODY.replace(b"granted", b"refused"), "signature", id="another body"),
        pytest.param({}, {"Webhook-Id": "msg_2"}, BODY, "signature", id="another id"),
        pytest.param({"minutes": -6}, {}, BODY, "too old", id="old"),
        pytest.param({"minutes": 6}, {}, BODY, "too new", id="of the future"),
        pytest.param({}, {"Webhook-Signature": ""}, BODY, "Missing", id="no signature"),
        pytest.param({}, {"Webhook-Signature": "v1"}, BODY, "cannot be read", id="half a signature"),
        pytest.param({}, {"Webhook-Signature": "v1,5"}, BODY, "cannot be read", id="no base64"),
        pytest.param({}, {"Webhook-Signature": "v2,abcd"}, BODY, "signature", id="another kind of signature"),
        pytest.param({}, {"Webhook-Timestamp": "soon"}, BODY, "Invalid", id="no time"),
        pytest.param({}, {}, b"\xff" + BODY, "cannot be read", id="no text"),
    ],
)
def test_everything_else_is_not_trusted(how: dict[str, Any], changes: dict[str, str], body: bytes, why: str) -> None:
    with pytest.raises(WebhookNotVerified, match=why) as raised:
        verify_webhook(SECRET, signed(**how) | changes, body)
    assert raised.value.code == "webhook_not_verified"


def test_a_message_without_headers_is_not_trusted() -> None:
    with pytest.raises(WebhookNotVerified, match="Missing"):
        verify_webhook(SECRET, {}, BODY)


@pytest.mark.parametrize("body", [b"[]", b"not json", b'{"id": "1"}', b'{"id":1,"source":"/s","type":"t","time":"x"}'])
def test_a_signed_message_that_is_no_event_is_told_as_such(body: bytes) -> None:
    with pytest.raises(WebhookNotVerified) as raised:
        verify_webhook(SECRET, signed(body), body)
    assert raised.value.code == "not_an_event"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_x"])
def test_a_secret_that_is_none_is_a_mistake_of_the_program(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify_webhook(secret, signed(), BODY)


def test_no_secret_at_all_trusts_nothing() -> None:
    with pytest.raises(WebhookNotVerified, match="No secret"):
        verify_webhook([], signed(), BODY)
