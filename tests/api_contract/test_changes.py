"""The gate of the HTTP API: for each kind of change, whether it breaks a caller, and in what words."""

import copy

import pytest

from api.contract.operations import breaking_changes
from tests.api_contract.documents import DOCUMENT, Edit, add, at, changed, drop, put

CASE = ("paths", "/v1/cases/{case_id}", "get")
CASES = ("paths", "/v1/cases")
OK = (*CASE, "responses", "200")
OUT = ("components", "schemas", "CaseOut", "properties")
IN = ("components", "schemas", "FilingIn", "properties")
GET, POST = "GET /v1/cases/{case_id}", "POST /v1/cases"
READ, SENT = f"{GET}, 200: CaseOut", f"{POST}, body: FilingIn"
TWICE = " (and in 1 more places)"

BREAKING: dict[str, tuple[Edit, str]] = {
    # Endpoints
    "path gone": (drop("paths", "/healthz"), "/healthz: is gone"),
    "operation gone": (drop(*CASES, "post"), f"{POST}: is gone"),
    "operation renamed": (put(*CASE, "operationId", "show"), f"{GET}: is called show now, not get_case"),
    "success beside the known one": (
        put(*CASES, "post", "responses", "202", {}),
        f"{POST}: may now succeed with 202",
    ),
    # Parameters
    "parameter gone": (drop(*CASE, "parameters", 1), f"{GET}: query parameter wait is gone"),
    "new required parameter": (
        add(*CASE, "parameters", {"name": "as", "in": "query", "required": True}),
        f"{GET}: query parameter as is new and required",
    ),
    "new required parameter of the whole path": (
        put("paths", "/healthz", "parameters", [{"name": "X-Why", "in": "header", "required": True}]),
        "GET /healthz: header parameter X-Why is new and required",
    ),
    "parameter required": (
        put(*CASE, "parameters", 1, "required", True),
        f"{GET}: query parameter wait is required",
    ),
    "parameter narrower": (
        put(*CASE, "parameters", 1, "schema", "maximum", 30),
        f"{GET}, query parameter wait: has maximum 30 now, not 60",
    ),
    "parameter written otherwise": (
        put(*CASE, "parameters", 1, "explode", True),
        f"{GET}: query parameter wait has another explode",
    ),
    "default changed": (
        put(*CASE, "parameters", 1, "schema", "default", 5),
        f"{GET}, query parameter wait: has default 5 now, not 0",
    ),
    "default gone": (
        drop(*IN, "count", "default"),
        f"{SENT}.count has default none now, not 1",
    ),
    # Requests
    "body gone": (drop(*CASES, "post", "requestBody"), f"{POST}: takes no body now"),
    "body needed": (put(*CASE, "requestBody", {"required": True}), f"{GET}: needs a body now"),
    "request type gone": (
        put(*CASES, "post", "requestBody", "content", {"application/xml": {}}),
        f"{POST}, body: application/json is gone",
    ),
    "request property gone": (drop(*IN, "mode"), f"{SENT}.mode is gone"),
    "request property required": (
        put("components", "schemas", "FilingIn", "required", ["statute", "mode"]),
        f"{SENT}.mode is required now",
    ),
    "new request property required": (
        lambda document: (
            put(*IN, "why", {"type": "string"})(document),
            add("components", "schemas", "FilingIn", "required", "why")(document),
        ),
        f"{SENT}.why is required now",
    ),
    "request type changed": (put(*IN, "statute", {"type": "integer"}), f"{SENT}.statute no longer takes string"),
    "request number narrowed to integer": (
        lambda document: put(*IN, "note", {"type": "string"})(document),
        f"{SENT}.note no longer takes null",
    ),
    "request value gone": (put(*IN, "mode", "enum", ["api"]), f'{SENT}.mode no longer takes "file"'),
    "request values listed": (
        put(*IN, "statute", {"type": "string", "minLength": 1, "maxLength": 60, "enum": ["a"]}),
        f'{SENT}.statute takes only "a" now',
    ),
    "request longer at least": (put(*IN, "statute", "minLength", 2), f"{SENT}.statute has minLength 2 now, not 1"),
    "request shorter": (put(*IN, "statute", "maxLength", 59), f"{SENT}.statute has maxLength 59 now, not 60"),
    "request bound new": (
        put(*IN, "count", "exclusiveMaximum", 11),
        f"{SENT}.count has exclusiveMaximum 11 now, not none",
    ),
    "request minimum of zero new": (
        put(*CASE, "parameters", 1, "schema", "minimum", 0),
        f"{GET}, query parameter wait: has minimum 0 now, not none",
    ),
    "request fewer entries": (put(*IN, "papers", "maxItems", 8), f"{SENT}.papers has maxItems 8 now, not 9"),
    "request pattern new": (put(*IN, "statute", "pattern", "^a$"), f'{SENT}.statute has pattern "^a$" now, not none'),
    "request pattern changed": (
        put("components", "schemas", "Paper", "properties", "name", "pattern", "^b"),
        f'{POST}, body: Paper.name has pattern "^b" now, not "^a"',
    ),
    "request format new": (put(*IN, "statute", "format", "uuid"), f'{SENT}.statute has format "uuid" now, not none'),
    "request without further properties": (
        put("components", "schemas", "Paper", "additionalProperties", False),
        f"{POST}, body: Paper takes no further properties now",
    ),
    "request with further properties of one kind": (
        put("components", "schemas", "Paper", "additionalProperties", {"type": "string"}),
        f"{POST}, body: Paper.* no longer takes anything",
    ),
    "one of several forms narrowed": (
        put("components", "schemas", "Grant", "required", ["do", "terms"]),
        f"{POST}, body: Grant.terms is required now",
    ),
    "one of several forms gone": (
        drop(*IN, "act", "oneOf", 1),
        f"{SENT}.act no longer takes Refuse",
    ),
    "request with an unheard-of rule": (
        put("components", "schemas", "Paper", "dependentRequired", {"a": ["b"]}),
        f"{POST}, body: Paper has another dependentRequired: what that means for callers cannot be told",
    ),
    # Responses
    "response gone": (drop(*CASE, "responses", "404"), f"{GET}: response 404 is gone"),
    "response type gone": (drop(*OK, "content", "application/json"), f"{GET}, 200: application/json is gone"),
    "response type gone behind a reference": (
        put("components", "responses", "NotFound", "content", {"text/plain": {}}),
        f"{GET}, 404: application/problem+json is gone",
    ),
    "response header gone": (drop(*OK, "headers", "ETag"), f"{GET}, 200: header ETag is gone"),
    "response header optional": (
        drop(*OK, "headers", "ETag", "required"),
        f"{GET}, 200: header ETag may be missing now",
    ),
    "response header of another type": (
        put(*OK, "headers", "ETag", "schema", "type", "integer"),
        f"{GET}, 200, header ETag: may now be integer",
    ),
    "response property gone": (drop(*OUT, "count"), f"{READ}.count is gone{TWICE}"),
    "response property optional": (
        put("components", "schemas", "CaseOut", "required", ["id"]),
        f"{READ}.stage may be missing now{TWICE}",
    ),
    "response word gone": (
        put("components", "schemas", "Stage", "enum", ["open"]),
        f'{GET}, 200: Stage is never "closed" now{TWICE}',
    ),
    "response words others": (
        put("components", "schemas", "Stage", "enum", ["parked", "open"]),
        f'{GET}, 200: Stage is never "closed" now{TWICE}',
    ),
    "response number new": (
        put("components", "schemas", "Size", "enum", [1, 2, 3]),
        f"{GET}, 200: Size may now be 3{TWICE}",
    ),
    "response constant another": (
        put(*OUT, "is", "const", "matter"),
        f'{READ}.is may now be "matter"{TWICE}',
    ),
    "response constant one of several": (
        put(*OUT, "is", {"type": "string", "enum": ["case", "matter"]}),
        f'{READ}.is may now be "matter"{TWICE}',
    ),
    "response values no longer listed": (
        drop("components", "schemas", "Stage", "enum"),
        f'{GET}, 200: Stage may now be something else than "open", "closed"{TWICE}',
    ),
    "response nullable": (
        put(*OUT, "count", {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]}),
        f"{READ}.count may now be null{TWICE}",
    ),
    "response nullable by a list of types": (
        put(*OUT, "count", "type", ["integer", "null"]),
        f"{READ}.count may now be null{TWICE}",
    ),
    "response of another type": (put(*OUT, "count", {"type": "number"}), f"{READ}.count may now be number{TWICE}"),
    "response of any type": (put(*OUT, "count", {}), f"{READ}.count may now be anything{TWICE}"),
    "response longer": (put(*OUT, "id", "maxLength", 40), f"{READ}.id has maxLength 40 now, not 20{TWICE}"),
    "response without a bound": (drop(*OUT, "count", "minimum"), f"{READ}.count has minimum none now, not 0{TWICE}"),
    "response mapping of another kind": (
        put(*OUT, "labels", "additionalProperties", {"type": "integer"}),
        f"{READ}.labels.* may now be integer{TWICE}",
    ),
    "response entries of another kind": (
        put(*OUT, "parts", "items", {"type": "string"}),
        f"{READ}.parts[] may now be string{TWICE}",
    ),
    # Who may call
    "stricter security": (
        put("paths", "/healthz", "get", "security", [{"bearer": []}]),
        "GET /healthz: can no longer be called with no credentials",
    ),
    "security of the whole": (
        put("security", [{"key": []}]),
        f"{GET}: can no longer be called with bearer",
    ),
    "one way in gone": (
        put(*CASES, "post", "security", [{"bearer": ["file"]}]),
        f"{POST}: can no longer be called with key",
    ),
    "both at once": (
        put(*CASES, "post", "security", [{"bearer": [], "key": []}, {"bearer": ["file"]}]),
        f"{POST}: can no longer be called with key",
    ),
    "another scope": (
        put(*CASES, "post", "security", [{"bearer": ["write"]}, {"key": []}]),
        f"{POST}: can no longer be called with bearer",
    ),
    "scheme changed": (
        put("components", "securitySchemes", "key", "name", "X-Other"),
        f"{POST}: can no longer be called with key",
    ),
}

HARMLESS: dict[str, Edit] = {
    "new path": put("paths", "/v1/new", {"get": {"responses": {}}}),
    "new operation": put(*CASES, "delete", {"responses": {}}),
    "new optional parameter": add(*CASE, "parameters", {"name": "as", "in": "query", "schema": {"type": "string"}}),
    "a header's letters": put(*CASE, "parameters", 2, "name", "if-none-match"),
    "parameter wider": put(*CASE, "parameters", 1, "schema", "maximum", 90),
    "parameter no longer required": drop(*CASE, "parameters", 0, "required"),
    "new default": put(*IN, "mode", "default", "api"),
    "body optional": drop(*CASES, "post", "requestBody", "required"),
    "another request type": put(*CASES, "post", "requestBody", "content", "application/yaml", {}),
    "new request property": put(*IN, "why", {"type": "string"}),
    "request property no longer required": put("components", "schemas", "FilingIn", "required", []),
    "request value new": add(*IN, "mode", "enum", "table"),
    "request values no longer listed": drop(*IN, "mode", "enum"),
    "request wider": put(*IN, "count", {"type": "number", "default": 1}),
    "request nullable": put(*IN, "statute", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "request length of nothing": put("components", "schemas", "Paper", "properties", "name", "minLength", 0),
    "request takes further properties": drop("components", "schemas", "FilingIn", "additionalProperties"),
    "another form": add(*IN, "act", "oneOf", {"type": "object", "properties": {"do": {"const": "wait"}}}),
    "new failure": put(*CASE, "responses", "429", {}),
    "new response type": put(*OK, "content", "text/html", {}),
    "new response header": put(*OK, "headers", "Link", {}),
    "new response property": put(*OUT, "why", {"type": "string"}),
    "response property always there": add("components", "schemas", "CaseOut", "required", "count"),
    "response word new": add("components", "schemas", "Stage", "enum", "parked"),
    "response word new where there may be none": add(*OUT, "reason", "anyOf", 0, "enum", "sealed"),
    "response number that no longer comes": put("components", "schemas", "Size", "enum", [1]),
    "response never null": put(*OUT, "outcome", {"type": "string"}),
    "response narrower": put(*OUT, "count", {"type": "integer", "minimum": 5}),
    "response shorter": put(*OUT, "id", "maxLength", 10),
    "nobody asks who is calling": put("paths", "/v1/cases", "get", "security", []),
    "another way in": add(*CASES, "post", "security", {}),
    "fewer scopes": put(*CASES, "post", "security", [{"bearer": []}, {"key": []}]),
    "remarks": lambda document: (
        put("info", "description", "x")(document),
        put(*CASE, "summary", "x")(document),
        put(*OUT, "id", "description", "x")(document),
        put(*OUT, "id", "x-order", 1)(document),
        put("components", "securitySchemes", "bearer", "description", "x")(document),
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_callers_is_told_in_one_line(name: str) -> None:
    change, line = BREAKING[name]
    found = breaking_changes(DOCUMENT, changed(change))
    # Security of the whole document is that of every operation without one of its own.
    assert found[:1] == [line]
    assert len(found) == (2 if name == "security of the whole" else 1)


@pytest.mark.parametrize("name", HARMLESS)
def test_what_breaks_nobody_is_let_through(name: str) -> None:
    after = changed(HARMLESS[name])
    assert after != DOCUMENT
    assert breaking_changes(DOCUMENT, after) == []


def test_what_was_let_through_breaks_on_the_way_back() -> None:
    """Nearly all of it: a gate that sees nothing would let everything through above."""
    both_ways = {name for name in HARMLESS if not breaking_changes(changed(HARMLESS[name]), DOCUMENT)}
    assert both_ways == {
        "a header's letters",
        "request length of nothing",
        "remarks",
    }


def test_no_change_is_none() -> None:
    assert breaking_changes(DOCUMENT, copy.deepcopy(DOCUMENT)) == []


def test_several_changes_are_all_told() -> None:
    after = changed(drop("paths", "/healthz"), drop(*CASES, "post"), drop(*IN, "mode"), drop(*OUT, "count"))
    assert breaking_changes(DOCUMENT, after) == [
        f"{READ}.count is gone{TWICE}",
        f"{POST}: is gone",
        "/healthz: is gone",
    ]


def test_names_that_no_caller_sees_may_change() -> None:
    def renamed(document: dict) -> None:
        schemas = document["components"]["schemas"]
        schemas["Case"] = schemas.pop("CaseOut")
        schemas["Case"]["properties"]["parts"]["items"]["$ref"] = "#/components/schemas/Case"
        for content in (at(*OK, "content"), at(*CASES, "get", "responses", "200", "content")):
            schema = content(document)["application/json"]["schema"]
            schema.get("items", schema)["$ref"] = "#/components/schemas/Case"
        item = document["paths"].pop("/v1/cases/{case_id}")
        item["get"]["parameters"][0]["name"] = "id"
        document["paths"]["/v1/cases/{id}"] = item

    assert breaking_changes(DOCUMENT, changed(renamed)) == []
    after = changed(renamed, drop("components", "schemas", "Case", "properties", "count"))
    assert breaking_changes(DOCUMENT, after) == [f"{READ}.count is gone{TWICE}"]


def test_a_schema_that_contains_itself_otherwise_is_compared_once() -> None:
    wrapped = {"anyOf": [{"$ref": "#/components/schemas/CaseOut"}, {"type": "null"}]}
    after = changed(put(*OUT, "parts", "items", wrapped), drop(*OUT, "count"))
    assert sorted(breaking_changes(DOCUMENT, after)) == [
        f"{READ}.count is gone{TWICE}",
        f"{READ}.parts[] may now be null{TWICE}",
    ]


def test_parts_that_must_all_hold_are_one() -> None:
    parts = [{"type": "object", "properties": {"a": {"type": "string"}}}, {"required": ["a"]}]
    whole = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    before, after = (changed(put(*OUT, "x", {"allOf": parts})), changed(put(*OUT, "x", whole)))
    assert breaking_changes(before, after) == []
    assert breaking_changes(after, before) == []
    # Where they contradict one another nothing can be said of a change but that it is one.
    odd = changed(put(*OUT, "x", {"allOf": [*parts, {"properties": {"a": {"type": "integer"}}}]}))
    assert breaking_changes(odd, odd) == []
    assert breaking_changes(odd, after) != []


def test_entries_with_places_of_their_own() -> None:
    pair = [{"type": "string"}, {"type": "integer"}]
    before = changed(put(*OUT, "pair", {"type": "array", "prefixItems": pair}))
    shorter = changed(put(*OUT, "pair", {"type": "array", "prefixItems": pair[:1]}))
    other = changed(put(*OUT, "pair", {"type": "array", "prefixItems": [*pair[:1], {"type": "boolean"}]}))
    assert breaking_changes(before, shorter) == [f"{READ}.pair[] has 1 places now, not 2{TWICE}"]
    assert breaking_changes(before, other) == [f"{READ}.pair[1] may now be boolean{TWICE}"]


def test_a_server_that_callers_know_stays() -> None:
    before = changed(put("servers", [{"url": "/a"}, {"url": "/b"}]))
    assert breaking_changes(before, changed(put("servers", [{"url": "/b"}]))) == ["servers: /a is gone"]


def test_a_list_of_alternatives_may_be_written_otherwise() -> None:
    short = changed(put(*OUT, "outcome", {"type": ["string", "null"]}))
    assert breaking_changes(DOCUMENT, short) == []
    assert breaking_changes(short, DOCUMENT) == []
