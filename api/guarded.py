"""Groups of endpoints for whoever proves who is calling: the guard stands before each of them from the beginning."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Depends
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute

from api.dependencies import bearer_token
from api.http.problems import RESPONSES

GUARD: Final = Depends(bearer_token)


def operation_id(route: APIRoute) -> str:
    """What generated clients call an endpoint: it stays when the path or the function's file changes."""
    return f"{route.tags[0]}_{route.name.strip('_')}"


class Guarded(APIRouter):
    """Endpoints below an address, whose problems are told as problems.

    ``tag`` is their group in the description (None: each names its own). ``dependencies`` are further guards, asked
    once it is known who is calling; ``route_class`` is how their bodies are read. Each endpoint is whole as soon as it
    is entered: an application takes it in as it is.
    """

    def __init__(
        self,
        prefix: str,
        tag: str | None = None,
        dependencies: Sequence[Dependency] = (),
        route_class: type[APIRoute] = APIRoute,
    ) -> None:
        super().__init__(
            prefix=prefix,
            tags=[tag] if tag else None,
            dependencies=[GUARD, *dependencies],
            responses=RESPONSES,
            route_class=route_class,
            generate_unique_id_function=operation_id,
        )
