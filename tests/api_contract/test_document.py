"""The committed OpenAPI document: valid by the specification, and telling what generated clients need."""

import json
from collections.abc import Iterator
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from api.contract.__main__ import COMMITTED
from api.events_in.reading import BATCH, LARGEST_BATCH

HERE: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
SCHEMAS = HERE["components"]["schemas"]


def test_it_is_valid() -> None:
    assert HERE["openapi"].startswith("3.1.")
    assert [
        f"{list(error.absolute_path)}: {error.message}" for error in OpenAPIV31SpecValidator(HERE).iter_errors()
    ] == []


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all that stands in it, references followed once each."""
    left, seen = [schema], set[str]()
    while left:
        part = left.pop()
        if isinstance(part, list):
            left += part
        elif isinstance(part, dict):
            yield part
            reference = part.get("$ref")
            if isinstance(reference, str) and reference not in seen:
                seen.add(reference)
                left.append(SCHEMAS[reference.rpartition("/")[2]])
            left += part.values()


def test_the_body_of_a_change_publishes_no_default() -> None:
    bodies = [item["patch"]["requestBody"]["content"] for item in HERE["paths"].values() if "patch" in item]
    assert bodies
    for content in bodies:
        for part in parts(content["application/json"]["schema"]):
            assert "default" not in part, part


def test_a_key_that_must_be_given_is_required() -> None:
    for path, needed in (("/v1/requests", True), ("/v1/cases", True), ("/v1/requests/{request_id}/commands", False)):
        headers = {each["name"]: each["required"] for each in HERE["paths"][path]["post"]["parameters"]}
        assert headers["idempotency-key"] is needed, path


def test_events_that_are_taken_in_have_names() -> None:
    taken = HERE["paths"]["/v1/events"]["post"]
    batch = taken["requestBody"]["content"][BATCH]["schema"]
    assert batch == {"$ref": "#/components/schemas/EventBatch"}
    assert SCHEMAS["EventBatch"]["items"] == {"$ref": "#/components/schemas/IncomingEvent"}
    assert SCHEMAS["EventBatch"]["maxItems"] == LARGEST_BATCH
    for type_, reference in SCHEMAS["IncomingEvent"]["discriminator"]["mapping"].items():
        assert SCHEMAS[reference.rpartition("/")[2]]["properties"]["type"]["const"] == type_
    assert {"ce-id", "ce-source", "ce-type", "ce-specversion"} <= {each["name"] for each in taken["parameters"]}
