"""What is published of what may be sent is what is taken: neither stricter in the dark nor looser than it says.

The other way round a little more is taken than is published, for people who write YAML by hand: whole numbers in place
of texts, numbers and days written as text, blanks around a value, fields side by side (docs/api.md tells which).
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import hypothesis
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from schemathesis import GenerationMode

from api.http.bodies import strict_json
from domain.engine.decision import Refused
from tests.api_contract.published import PublishedSchema, published
from tests.forms import either

OF_TWO_FIELDS = {"another_jurisdiction"}
"""What no schema can say: two fields that contradict one another."""

SAMPLES = ("nantong", "9" * 64, "https://example.org/hook", "application/json")
KNOWN = {"statute": "nantong-2020", "jurisdiction": "nantong", "from": "start"}
UNFIT = ("1900-01-01T00:00:00Z", "2026-09-18T09:00:00+08:07", "\x00", "a\u202eb", "a\nb", "a b", "[]", "Z" * 64)


@pytest.mark.long
@pytest.mark.parametrize("name", published())
def test_what_is_published_is_taken(name: str) -> None:
    """No value that the schema allows is refused for its form."""
    meant = published()[name]
    document = {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1"},
        "paths": {
            "/said": {
                "post": {
                    "requestBody": {"required": True, "content": {"application/json": {"schema": meant.schema}}},
                    "responses": {"200": {"description": "taken"}},
                }
            }
        },
        "components": {"schemas": meant.components},
    }
    operation = schemathesis.openapi.from_dict(document)["/said"]["POST"]

    @hypothesis.settings(
        max_examples=either(3, 40),
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def taken(case: schemathesis.Case) -> None:
        wrong = refusals(meant, case.body)
        assert all(each["type"] in OF_TWO_FIELDS for each in wrong), (case.body, wrong)

    taken()


@pytest.mark.parametrize("name", published())
def test_what_is_not_published_is_refused(name: str) -> None:
    """Every bound of the schema, stepped over one at a time."""
    meant = published()[name]
    allowed = jsonschema_rs.validator_for(meant.whole()).is_valid
    fine = sample(meant, meant.schema)
    assert allowed(fine), fine
    assert not is_refused(meant, fine)
    steps = [(where, value) for where, value in broken(meant, meant.schema, fine) if not allowed(value)]
    assert steps
    for where, value in steps:
        assert is_refused(meant, value), f"{where} is taken: {value}"


def refusals(meant: PublishedSchema, value: Any) -> list[ErrorDetails]:
    """What is wrong with the form of a value as it comes in a body."""
    try:
        meant.check(strict_json(json.dumps(value).encode()))
    except ValidationError as error:
        return error.errors(include_url=False)
    return []


def is_refused(meant: PublishedSchema, value: Any) -> bool:
    """Whether a value is refused, for its form or because it leads nowhere."""
    try:
        wrong = refusals(meant, value)
        if not wrong:
            meant.then(value)
    except (LookupError, Refused):
        return True
    return bool(wrong)


def sample(meant: PublishedSchema, schema: Any) -> Any:
    """A value that the schema allows, with every field."""
    found = resolved(meant, alternatives(meant, schema)[0])
    if "const" in found or "enum" in found:
        return found.get("const", found.get("enum", [None])[0])
    kind = found["type"]
    if kind == "object":
        fields = found.get("properties", {})
        return {name: KNOWN[name] if name in KNOWN else sample(meant, each) for name, each in fields.items()}
    if kind == "array":
        return [sample(meant, found["items"])]
    if kind != "string":
        return {"integer": found.get("minimum", 1), "boolean": True}[kind]
    if "format" in found:
        return {"date": "2026-10-01", "date-time": "2026-09-18T09:00:00+08:00"}[found["format"]]
    return next(each for each in SAMPLES if re.search(found.get("pattern", ""), each))


def alternatives(meant: PublishedSchema, schema: Any) -> list[Any]:
    """What a value may be, besides null."""
    while "$ref" in schema and len(schema) == 1:
        schema = meant.components[schema["$ref"].rpartition("/")[2]]
    listed = [] if schema.keys() & {"properties", "$ref"} else schema.get("anyOf", schema.get("oneOf", []))
    return [each for each in listed if each.get("type") != "null"] or [schema]


def resolved(meant: PublishedSchema, schema: Any) -> dict[str, Any]:
    """A schema that is one thing alone, with its parts put together."""
    if "$ref" in schema:
        return resolved(meant, meant.components[schema["$ref"].rpartition("/")[2]])
    found: dict[str, Any] = {}
    for part in [resolved(meant, each) for each in schema.get("allOf", ())] + [schema]:
        properties = {**found.get("properties", {}), **part.get("properties", {})}
        found |= {**part, **({"properties": properties} if properties else {})}
    return found


def broken(meant: PublishedSchema, schema: Any, fine: Any) -> Iterator[tuple[str, Any]]:
    """The value with one thing wrong, in each way that the schema knows; and where that is."""
    yield from ((f"is {wrong!r}", wrong) for wrong in (None, 1.5, True, {"x": 1}, [[1]]))
    ways = alternatives(meant, schema)
    for way in ways:
        found = resolved(meant, way)
        inside = fine if len(ways) == 1 else sample(meant, way)
        if "const" in found or "enum" in found:
            yield "is a foreign word", "no_such_word"
        elif found["type"] == "string":
            yield from broken_text(found, inside)
        elif found["type"] == "integer":
            yield from (("is too small", found["minimum"] - 1), ("is too large", found["maximum"] + 1))
        elif found["type"] == "array":
            yield "has too many", inside * (found["maxItems"] + 1)
            yield from ((f"[] {where}", [value]) for where, value in broken(meant, found["items"], inside[0]))
        elif found["type"] == "object":
            yield from broken_fields(meant, found, inside)


def broken_text(found: Any, fine: str) -> Iterator[tuple[str, Any]]:
    yield from ((f"is {wrong!r}", wrong) for wrong in UNFIT if not re.search(found.get("pattern", ""), wrong))
    if "maxLength" in found:
        yield "is too long", fine[:1] + "x" * found["maxLength"]
    if found.get("minLength"):
        yield from (("is empty", ""), ("is blank", " "), ("shows nothing", "\u2060"))
    if "format" in found:
        yield "is no time", "yesterday"


def broken_fields(meant: PublishedSchema, found: Any, fine: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in found.get("required", ()):
        yield f"without {name}", {field: value for field, value in fine.items() if field != name}
    yield "with a further one", {**fine, "unheard": 1.5}
    yield "with an odd one", {**fine, "Un-heard": "x"}
    for name, each in found.get("properties", {}).items():
        yield from ((f"{name} {where}", {**fine, name: value}) for where, value in broken(meant, each, fine[name]))
