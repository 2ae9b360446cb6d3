"""Everything that is published of what may be sent, each with the check that it meets when it comes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from pydantic import BaseModel

from api.asyncapi.document import document as asyncapi_document
from api.cases.filing_schemas import FilingIn
from api.cases.schemas import CommandIn, OpeningIn
from api.events.bodies import EVENTS
from api.events_in.envelope import Envelope
from api.events_in.kinds import BY_TYPE, Kind
from api.http.problems import Problem
from api.webhooks.endpoints import begin_of
from api.webhooks.schemas import ReplayIn, WebhookChange, WebhookIn
from background.webhooks.guard import Unfit, place_in
from domain.access import place_of
from domain.engine.bounds import refuse_days_out_of_range
from domain.statutes.loader import get_statute, packaged_statutes
from procedures.registry import PROCEDURES
from starter.procedures import schema_of
from tests.api.description import description

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class PublishedSchema:
    """A schema, the components that it refers to, and what raises for values that are refused."""

    schema: Schema
    components: Schema
    check: Callable[[Any], object]
    then: Callable[[Any], object] = lambda _: None
    """Raises LookupError or Refused for what has the right form and leads nowhere."""

    def whole(self) -> dict[str, Any]:
        """The schema as a document of its own."""
        return {**self.schema, "components": {"schemas": self.components}}


def _read(event: Any) -> None:
    envelope = Envelope.model_validate(event)
    BY_TYPE[envelope.type].model_validate(envelope.data)


def _known(body: Any) -> None:
    """Looks up what a filing names, and whether it files anything. Raises LookupError."""
    if "request" not in body:
        raise LookupError("request")
    if body.get("statute") is not None:
        get_statute(body["statute"])
    if body.get("jurisdiction") is not None and body["jurisdiction"] not in map(place_of, packaged_statutes()):
        raise LookupError(body["jurisdiction"])


def _filed(event: Any) -> None:
    _known(event["data"])


def _anything(_: Any) -> None:
    pass


def _leads_somewhere(body: Any) -> None:
    try:
        place_in(body["url"])
    except Unfit as unfit:
        raise LookupError(unfit.word) from None


def _is_a_position(body: Any) -> None:
    try:
        begin_of(body["from"], "en")
    except Problem as problem:
        raise LookupError(problem.code) from None


BODIES: Mapping[type[BaseModel], Callable[[Any], object]] = {
    FilingIn: _known,
    OpeningIn: _known,
    CommandIn: _anything,
    WebhookIn: _leads_somewhere,
    WebhookChange: _leads_somewhere,
    ReplayIn: _is_a_position,
}


@cache
def published() -> Mapping[str, PublishedSchema]:
    """By a name for people: bodies of calls, events that are taken in, what is filed and said in each procedure."""
    found: dict[str, PublishedSchema] = {}
    components = description()["components"]["schemas"]
    for model, then in BODIES.items():
        found[f"body {model.__name__}"] = PublishedSchema(_ref(model.__name__), components, model.model_validate, then)
    heard = asyncapi_document()["components"]
    for kind in Kind:
        then = _filed if kind is Kind.REQUEST_SUBMITTED else _anything
        found[f"event {kind}"] = PublishedSchema(_ref(EVENTS[kind].__name__), components, _read, then)
        found[f"message {kind}"] = PublishedSchema(heard["messages"][kind]["payload"], heard["schemas"], _read, then)
    for name, procedure in PROCEDURES.items():
        found[f"filed {name}"] = _own(procedure.matter)
        for rule in procedure.rules.values():
            found.setdefault(f"said {rule.says.__name__}", _own(rule.says))
    return found


def _own(model: type[BaseModel]) -> PublishedSchema:
    """A schema as `GET /v1/procedures` tells it, with its own definitions."""
    schema = json.loads(json.dumps(schema_of(model)).replace("#/$defs/", "#/components/schemas/"))
    days = partial(_within_the_calendar, model)
    return PublishedSchema(schema, schema.pop("$defs", {}), model.model_validate, days)


def _within_the_calendar(model: type[BaseModel], value: Any) -> None:
    refuse_days_out_of_range(model.model_validate(value))


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
