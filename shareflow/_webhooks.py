"""Receiving webhooks: is it from Shareflow, is it new, and what does it say (Standard Webhooks)."""

import json
from collections.abc import Mapping, Sequence

from standardwebhooks import Webhook, WebhookVerificationError

from shareflow._errors import WebhookNotVerified
from shareflow._event import Event, event_from


def verify_webhook(secret: str | Sequence[str], headers: Mapping[str, str], body: bytes | str) -> Event:
    """The event of a webhook message whose signature and time (five minutes) are right.

    ``secret`` is the webhook's; several while one is being replaced. ``body`` is what came, byte for byte: parse
    nothing before. A message may come twice: its event's ``source`` and ``id`` are the same then.
    Raises WebhookNotVerified (answer 400 and do nothing), ValueError for a secret that is none.
    """
    said = dict(headers.items())
    why = "No secret was given"
    for each in [secret] if isinstance(secret, str) else secret:
        webhook = _webhook(each)
        try:
            webhook.verify(body, said, json_parse=False)
        except WebhookVerificationError as error:
            why = str(error)
        except ValueError as error:  # the library splits and decodes what came before it has looked at it
            why = f"Its signature or its body cannot be read: {error}"
        else:
            return _event(body)
    raise WebhookNotVerified("The webhook cannot be trusted", code="webhook_not_verified", detail=why)


def _webhook(secret: str) -> Webhook:
    try:
        return Webhook(secret)
    except Exception as error:
        raise ValueError("The secret of a webhook begins with whsec_ and goes on in base64.") from error


def _event(body: bytes | str) -> Event:
    try:
        return event_from(json.loads(body))
    except (ValueError, KeyError, TypeError) as error:
        raise WebhookNotVerified(
            "The message is signed but is no event", code="not_an_event", detail=str(error)
        ) from error
