"""Where cases stand: share requests at one address, cases of every procedure at the other, each by its id at both."""

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter

from starter.api.http.bodies import StrictRoute
from starter.api.http.problems import RESPONSES

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

REQUESTS = APIRouter(prefix="/v1/requests", tags=["requests"], route_class=StrictRoute, responses=RESPONSES)
CASES = APIRouter(prefix="/v1/cases", tags=["cases"], route_class=StrictRoute, responses=RESPONSES)


def at_both(method: str, path: str, requests: APIRouter = REQUESTS, **described: Any) -> Callable[[Endpoint], Endpoint]:
    """Enter an endpoint of one case below both addresses."""

    def enter(endpoint: Endpoint) -> Endpoint:
        for router in (requests, CASES):
            router.add_api_route(path, endpoint, methods=[method], **described)
        return endpoint

    return enter
