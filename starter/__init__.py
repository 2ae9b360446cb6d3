"""How the outside starts and drives cases. What other systems' programs use is named here and loaded when first used::

from starter import Client

with Client("https://shareflow.example", token) as shareflow:
    case = shareflow.file("nantong-2020", {...})
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starter.sdk.async_client import AsyncClient as AsyncClient
    from starter.sdk.client import Client as Client
    from starter.sdk.errors import FieldError as FieldError
    from starter.sdk.errors import Forbidden as Forbidden
    from starter.sdk.errors import InvalidInput as InvalidInput
    from starter.sdk.errors import KeyReused as KeyReused
    from starter.sdk.errors import NeedsOperator as NeedsOperator
    from starter.sdk.errors import NotAuthenticated as NotAuthenticated
    from starter.sdk.errors import NotFound as NotFound
    from starter.sdk.errors import NotReached as NotReached
    from starter.sdk.errors import RequestRefused as RequestRefused
    from starter.sdk.errors import ShareflowError as ShareflowError
    from starter.sdk.errors import Stale as Stale
    from starter.sdk.errors import TooManyRequests as TooManyRequests
    from starter.sdk.errors import Unavailable as Unavailable
    from starter.sdk.errors import UnexpectedAnswer as UnexpectedAnswer
    from starter.sdk.errors import WebhookNotVerified as WebhookNotVerified
    from starter.sdk.event import Event as Event
    from starter.sdk.models import Case as Case
    from starter.sdk.models import Clock as Clock
    from starter.sdk.models import Page as Page
    from starter.sdk.models import Procedure as Procedure
    from starter.sdk.models import RecordedEvent as RecordedEvent
    from starter.sdk.webhooks import verify_webhook as verify_webhook

_HOMES = {
    "client": ("Client",),
    "async_client": ("AsyncClient",),
    "errors": (
        *("FieldError", "Forbidden", "InvalidInput", "KeyReused", "NeedsOperator", "NotAuthenticated", "NotFound"),
        "NotReached",
        *("RequestRefused", "ShareflowError", "Stale", "TooManyRequests", "Unavailable", "UnexpectedAnswer"),
        "WebhookNotVerified",
    ),
    "event": ("Event",),
    "models": ("Case", "Clock", "Page", "Procedure", "RecordedEvent"),
    "webhooks": ("verify_webhook",),
}
_HOME_OF = {name: f"starter.sdk.{home}" for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Loaded late: the command line, which shares this package, must start at once."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
