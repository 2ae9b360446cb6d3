"""Where cases stand: share requests at one address, cases of every procedure at the other, each by its id at both."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from api.guarded import Guarded
from api.http.routes import StrictRoute

REQUESTS: Final = "requests"
CASES: Final = "cases"
"""The resources below which cases stand: each procedure says which of them is its own."""

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def requests_router(tag: str = "requests") -> Guarded:
    """A room of its own below the address of share requests; ``tag`` is its group in the API's description."""
    return Guarded(f"/v1/{REQUESTS}", tag, route_class=StrictRoute)


def cases_router() -> Guarded:
    """A room of its own below the address of all cases."""
    return Guarded(f"/v1/{CASES}", "cases", route_class=StrictRoute)


def both_routers(tag: str = "requests") -> tuple[Guarded, Guarded]:
    """Rooms for endpoints of one case, which stand below both addresses."""
    return requests_router(tag), cases_router()


def at_both(
    method: str, path: str, routers: tuple[Guarded, Guarded], **described: Any
) -> Callable[[Endpoint], Endpoint]:
    """Enter an endpoint of one case below both addresses."""

    def enter(endpoint: Endpoint) -> Endpoint:
        for router in routers:
            router.add_api_route(path, endpoint, methods=[method], **described)
        return endpoint

    return enter
