"""Small OpenAPI documents for the tests of the contract: one endpoint, to be changed in one place."""

import copy
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {"title": "Shareflow", "version": "1"},
    "security": [{"bearer": []}],
    "paths": {
        "/v1/cases/{case_id}": {
            "get": {
                "operationId": "get_case",
                "parameters": [
                    {"name": "case_id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "wait", "in": "query", "schema": {"type": "integer", "maximum": 60, "default": 0}},
                    {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {
                    "200": {
                        "description": "The case.",
                        "headers": {"ETag": {"required": True, "schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CaseOut"}}},
                    },
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            },
        },
        "/v1/cases": {
            "get": {
                "operationId": "list_cases",
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/CaseOut"}}
                            }
                        }
                    }
                },
            },
            "post": {
                "operationId": "file_case",
                "security": [{"bearer": ["file"]}, {"key": []}],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FilingIn"}}},
                },
                "responses": {"201": {"description": "Filed."}},
            },
        },
        "/healthz": {"get": {"security": [], "responses": {"200": {"description": "Well."}}}},
    },
    "components": {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "A token."},
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        },
        "responses": {
            "NotFound": {
                "description": "There is none.",
                "content": {"application/problem+json": {"schema": {"type": "object"}}},
            }
        },
        "schemas": {
            "CaseOut": {
                "type": "object",
                "required": ["id", "stage"],
                "properties": {
                    "id": {"type": "string", "maxLength": 20},
                    "stage": {"$ref": "#/components/schemas/Stage"},
                    "count": {"type": "integer", "minimum": 0},
                    "size": {"$ref": "#/components/schemas/Size"},
                    "is": {"type": "string", "const": "case"},
                    "reason": {"anyOf": [{"type": "string", "enum": ["lost", "late"]}, {"type": "null"}]},
                    "outcome": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Outcome"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/CaseOut"}},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
            "Stage": {"type": "string", "enum": ["open", "closed"]},
            "Size": {"type": "integer", "enum": [1, 2]},
            "FilingIn": {
                "type": "object",
                "required": ["statute"],
                "additionalProperties": False,
                "properties": {
                    "statute": {"type": "string", "minLength": 1, "maxLength": 60},
                    "count": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1},
                    "mode": {"enum": ["api", "file"], "type": "string"},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "papers": {"type": "array", "maxItems": 9, "items": {"$ref": "#/components/schemas/Paper"}},
                    "act": {
                        "oneOf": [{"$ref": "#/components/schemas/Grant"}, {"$ref": "#/components/schemas/Refuse"}],
                        "discriminator": {"propertyName": "do"},
                    },
                },
            },
            "Paper": {"type": "object", "properties": {"name": {"type": "string", "pattern": "^a"}}},
            "Grant": {
                "type": "object",
                "required": ["do"],
                "properties": {"do": {"const": "grant"}, "terms": {"type": "string"}},
            },
            "Refuse": {
                "type": "object",
                "required": ["do"],
                "properties": {"do": {"const": "refuse"}, "reason": {"type": "string"}},
            },
        },
    },
}

Edit = Callable[[Json], object]


def changed(*changes: Edit) -> Json:
    """The document with changes made to it."""
    document = copy.deepcopy(DOCUMENT)
    for change in changes:
        change(document)
    return document


def at(*path: Any) -> Callable[[Json], Json]:
    """What stands at a path in a document."""

    def found(document: Any) -> Json:
        for step in path:
            document = document[step]
        return document  # type: ignore[no-any-return]

    return found


def put(*path: Any) -> Edit:
    """Put the last of the path where the others lead."""
    *above, key, value = path
    return lambda document: at(*above)(document).__setitem__(key, value)


def drop(*path: Any) -> Edit:
    """Remove what stands at a path."""
    *above, key = path
    return lambda document: at(*above)(document).pop(key)


def add(*path: Any) -> Edit:
    """Append the last of the path to the list where the others lead."""
    *above, value = path
    return lambda document: at(*above)(document).append(value)  # type: ignore[attr-defined]
