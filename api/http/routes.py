"""How an endpoint is called: with what it declares that it asks for, checked.

FastAPI looks at each call for all that an endpoint might ask: dependencies below dependencies, what is to be closed
afterwards, answers that are still to be checked. The endpoints here ask for little, and are called directly with it: by
the checks that FastAPI made of their declaration, in its order, with its complaints. One that asks for more stays with
FastAPI.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from inspect import iscoroutinefunction, signature
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from fastapi import Request, Response, params
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from api.http.bodies import StrictRequest, is_json
from api.http.problems import Problem

OneLook = Callable[[Request], Awaitable[Any]]
FieldsOf = Callable[[Request], Mapping[str, Any]]
Complaint = dict[str, Any]
"""What is wrong with a field, as pydantic says it."""


class StrictRoute(APIRoute):
    """A route whose body is JSON alone, read strictly."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:
        super().__init__(path, endpoint, **declared)
        if asks_little(self):
            self.app = Direct(self)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with the strict reading before it."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            if self.body_field is not None:
                _refuse_other_types(request)
            return await handler(StrictRequest(request.scope, request.receive))

        return strict


def asks_little(route: APIRoute) -> bool:
    """Whether an endpoint makes its answer itself and asks only for the request, for what one look at that tells (who
    calls, in which language), for fields of the path, the query and the headers, and for one body.
    """
    asked, body = route.dependant, route.body_field
    return (
        iscoroutinefunction(route.endpoint)
        and signature(route.endpoint).return_annotation is Response
        and (body is None or (_is_the_body(body) and len(asked.body_params) == 1))
        and all(map(_is_one_value, [*asked.path_params, *asked.query_params, *asked.header_params]))
        and all(map(_is_one_look, asked.dependencies))
        and not _asks_for_more(asked)
    )


def _is_the_body(field: ModelField) -> bool:
    """Whether a field is a whole body, and no form, that must be there."""
    return type(field.field_info) is params.Body and field.field_info.is_required() and not field.field_info.embed


def _is_one_value(field: ModelField) -> bool:
    """Whether a field is one text, number or word, under one name."""
    info = field.field_info
    return isinstance(info.alias, str) and info.validation_alias in (None, info.alias) and _is_scalar(info.annotation)


def _is_scalar(annotation: Any) -> bool:
    kinds, origin = get_args(annotation), get_origin(annotation)
    if origin is Annotated:
        return _is_scalar(kinds[0])
    if origin in (Union, UnionType):
        return all(map(_is_scalar, kinds))
    return origin is Literal or (isinstance(annotation, type) and issubclass(annotation, str | int | NoneType))


def _is_one_look(asked: Dependant) -> bool:
    """Whether a dependency awaits nothing but the request."""
    fields = asked.path_params or asked.query_params or asked.header_params or asked.body_params
    awaits = iscoroutinefunction(asked.call) or iscoroutinefunction(type(asked.call).__call__)
    return bool(awaits and asked.request_param_name) and not (fields or asked.dependencies or _asks_for_more(asked))


def _asks_for_more(asked: Dependant) -> bool:
    """Whether something is asked for that only FastAPI gives."""
    return bool(
        asked.cookie_params
        or asked.websocket_param_name
        or asked.http_connection_param_name
        or asked.response_param_name
        or asked.background_tasks_param_name
        or asked.security_scopes_param_name
        or asked.concurrency
    )


class Direct:
    """An endpoint that asks for little, as an application."""

    def __init__(self, route: APIRoute) -> None:
        asked = route.dependant
        self._endpoint = route.endpoint
        self._body = route.body_field
        self._request = asked.request_param_name
        self._looks: dict[OneLook, list[str]] = {}
        for each in asked.dependencies:
            self._looks.setdefault(cast(OneLook, each.call), []).extend([each.name] if each.name else [])
        self._fields = [
            *(_Field(each, lambda request: request.path_params) for each in asked.path_params),
            *(_Field(each, lambda request: request.query_params) for each in asked.query_params),
            *(_Field(each, lambda request: request.headers) for each in asked.header_params),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Raises Problem and RequestValidationError for one that cannot be understood."""
        request = StrictRequest(scope, receive, send)
        said = await _said(request) if self._body is not None else None
        arguments: dict[str, Any] = {}
        for look, names in self._looks.items():
            arguments |= dict.fromkeys(names, await look(request))
        arguments |= self._checked(request, said)
        if self._request is not None:
            arguments[self._request] = request
        response: Response = await self._endpoint(**arguments)
        await response(scope, receive, send)

    def _checked(self, request: Request, said: Sequence[Any] | None) -> dict[str, Any]:
        """The fields and the body by their names. Raises RequestValidationError for all that is wrong with them."""
        found: dict[str, Any] = {}
        wrong: list[Complaint] = []
        for field in self._fields:
            found[field.name], complaints = field.checked(request)
            wrong += complaints
        if self._body is not None:
            # FastAPI takes no body for one that is missing, not for one that says nothing.
            said_nothing = (None, [_missing("body")])
            found[self._body.name], complaints = self._body.validate(*said, loc=("body",)) if said else said_nothing
            wrong += complaints
        if wrong:
            raise RequestValidationError(wrong)
        return found


class _Field:
    """One value in the path, the query or the headers."""

    def __init__(self, field: ModelField, place: FieldsOf) -> None:
        self.name = field.name
        self._field = field
        self._place = place
        self._alias = field.alias
        self._where = (cast(params.Param, field.field_info).in_.value, field.alias)

    def checked(self, request: Request) -> tuple[Any, Sequence[Complaint]]:
        """The value, or what is wrong with it."""
        value = self._place(request).get(self._alias)
        if value is not None:
            return self._field.validate(value, loc=self._where)
        if self._field.field_info.is_required():
            return None, [_missing(*self._where)]
        return self._field.get_default(), []


def _missing(*where: str) -> Complaint:
    return {"type": "missing", "loc": where, "msg": "Field required", "input": None}


async def _said(request: Request) -> Sequence[Any]:
    """What a body says, nothing where there is none. Raises Problem for one that is not read."""
    _refuse_other_types(request)
    try:
        return [await request.json()] if await request.body() else []
    except ClientDisconnect:
        raise Problem(400, "malformed") from None


def _refuse_other_types(request: Request) -> None:
    if not is_json(request.headers.get("content-type", "")):
        raise Problem(415, "wrong_type", headers={"Accept-Post": "application/json"})
