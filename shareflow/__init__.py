"""Shareflow's client: file requests, give commands, follow cases and receive webhooks, over HTTP alone::

    from shareflow import Client

    with Client("https://shareflow.example", token) as shareflow:
        case = shareflow.file("nantong-2020", {...})

It depends on httpx and standardwebhooks, and on no part of the engine. Names not exported here are private.
"""

from shareflow._async_client import AsyncClient
from shareflow._client import Client
from shareflow._errors import (
    FieldError,
    Forbidden,
    InvalidInput,
    KeyReused,
    NeedsOperator,
    NotAuthenticated,
    NotFound,
    NotReached,
    RequestRefused,
    ShareflowError,
    Stale,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
    WebhookNotVerified,
)
from shareflow._event import Event
from shareflow._models import Case, Clock, Page, Procedure, RecordedEvent
from shareflow._webhooks import verify_webhook

__all__ = [
    "AsyncClient",
    "Case",
    "Client",
    "Clock",
    "Event",
    "FieldError",
    "Forbidden",
    "InvalidInput",
    "KeyReused",
    "NeedsOperator",
    "NotAuthenticated",
    "NotFound",
    "NotReached",
    "Page",
    "Procedure",
    "RecordedEvent",
    "RequestRefused",
    "ShareflowError",
    "Stale",
    "TooManyRequests",
    "Unavailable",
    "UnexpectedAnswer",
    "WebhookNotVerified",
    "verify_webhook",
]
