"""Where cases stand: share requests at one address, cases of every procedure at the other, each by its id at both."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from fastapi import APIRouter

from api.http.bodies import StrictRoute
from api.http.problems import RESPONSES

REQUESTS: Final = "requests"
CASES: Final = "cases"
"""The resources below which cases stand: each procedure says which of them is its own."""

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def requests_router(tag: str = "requests") -> APIRouter:
    """A room of its own below the address of share requests; ``tag`` is its group in the API's description."""
    return APIRouter(prefix=f"/v1/{REQUESTS}", tags=[tag], route_class=StrictRoute, responses=RESPONSES)


def cases_router() -> APIRouter:
    """A room of its own below the address of all cases."""
    return APIRouter(prefix=f"/v1/{CASES}", tags=["cases"], route_class=StrictRoute, responses=RESPONSES)


def both_routers(tag: str = "requests") -> tuple[APIRouter, APIRouter]:
    """Rooms for endpoints of one case, which stand below both addresses."""
    return requests_router(tag), cases_router()


def at_both(
    method: str, path: str, routers: tuple[APIRouter, APIRouter], **described: Any
) -> Callable[[Endpoint], Endpoint]:
    """Enter an endpoint of one case below both addresses."""

    def enter(endpoint: Endpoint) -> Endpoint:
        for router in routers:
            router.add_api_route(path, endpoint, methods=[method], **described)
        return endpoint

    return enter
