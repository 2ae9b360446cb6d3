"""What breaks for callers when one OpenAPI document becomes another: one line for each thing."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from api.contract.schemas import BreakingChange, Direction, SchemaComparison, resolved

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

Document = Mapping[str, Any]
Place = tuple[str, BreakingChange]
"""Where in the API, and what there."""


def breaking_changes(old: Document, new: Document) -> list[str]:
    """The breaking changes, each as a line; a change of a schema that many messages use is told once."""
    return _lines(_Comparison(old, new).places())


def _lines(places: Iterator[Place]) -> list[str]:
    found: dict[str, list[str]] = {}
    for place, problem in places:
        found.setdefault(str(problem) if problem.named else f"{place}: {problem}", []).append(place)
    lines = []
    for what, where in found.items():
        line = what if what.startswith(f"{where[0]}: ") else f"{where[0]}: {what}"
        lines.append(f"{line} (and in {len(where) - 1} more places)" if len(where) > 1 else line)
    return lines


class _Comparison:
    """Two documents, held against each other from the outside in."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old = old
        self.new = new
        self.schemas = SchemaComparison(old, new)

    def places(self) -> Iterator[Place]:
        servers = [server["url"] for server in self.new.get("servers", ())]
        for server in self.old.get("servers", ()):
            if server["url"] not in servers:
                yield "servers", BreakingChange("", f"{server['url']} is gone")
        after = {_shape(path): path for path in self.new.get("paths", {})}
        for path, item in self.old.get("paths", {}).items():
            if _shape(path) not in after:
                yield path, BreakingChange("", "is gone")
                continue
            there = self.new["paths"][after[_shape(path)]]
            for method in METHODS:
                if method in item and method not in there:
                    yield f"{method.upper()} {path}", BreakingChange("", "is gone")
                elif method in item:
                    yield from self._operation(path, after[_shape(path)], method)

    def _operation(self, old_path: str, new_path: str, method: str) -> Iterator[Place]:
        where = f"{method.upper()} {old_path}"
        before, after = self.old["paths"][old_path][method], self.new["paths"][new_path][method]
        name = before.get("operationId")
        if name and after.get("operationId") != name:
            yield where, BreakingChange("", f"is called {after.get('operationId')} now, not {name}")
        yield from self._parameters(where, old_path, new_path, method)
        yield from self._body(where, before, after)
        yield from self._responses(where, before, after)
        yield from self._security(where, before, after)

    # What callers send

    def _parameters(self, where: str, old_path: str, new_path: str, method: str) -> Iterator[Place]:
        before = _parameters(self.old, old_path, method)
        after = _parameters(self.new, new_path, method)
        for key, parameter in after.items():
            was = before.get(key)
            if parameter.get("required") and not (was and was.get("required")):
                yield where, BreakingChange("", f"{_called(parameter)} is {'' if was else 'new and '}required")
        for key, parameter in before.items():
            called = _called(parameter)
            now = after.get(key)
            if now is None:
                yield where, BreakingChange("", f"{called} is gone")
                continue
            for setting in ("style", "explode", "allowReserved"):
                if parameter.get(setting) != now.get(setting):
                    yield where, BreakingChange("", f"{called} has another {setting}")
            for problem in self.schemas.problems(_schema(parameter), _schema(now), Direction.REQUEST):
                yield f"{where}, {called}", problem

    def _body(self, where: str, before: Document, after: Document) -> Iterator[Place]:
        old, _ = resolved(self.old, before.get("requestBody"))
        new, _ = resolved(self.new, after.get("requestBody"))
        if new and new.get("required") and not (old and old.get("required")):
            yield where, BreakingChange("", "needs a body now")
        if old and not new:
            yield where, BreakingChange("", "takes no body now")
        elif old:
            yield from self._content(f"{where}, body", old, new, Direction.REQUEST)

    # What callers get

    def _responses(self, where: str, before: Document, after: Document) -> Iterator[Place]:
        statuses = after.get("responses", {})
        for status, response in before.get("responses", {}).items():
            if status not in statuses:
                yield where, BreakingChange("", f"response {status} is gone")
                continue
            old, _ = resolved(self.old, response)
            new, _ = resolved(self.new, statuses[status])
            yield from self._content(f"{where}, {status}", old, new, Direction.RESPONSE)
            yield from self._headers(f"{where}, {status}", old, new)
        for status in statuses:
            if status.startswith("2") and status not in before.get("responses", {}):
                yield where, BreakingChange("", f"may now succeed with {status}")

    def _headers(self, where: str, before: Document, after: Document) -> Iterator[Place]:
        there = {name.lower(): header for name, header in after.get("headers", {}).items()}
        for name, header in before.get("headers", {}).items():
            if name.lower() not in there:
                yield where, BreakingChange("", f"header {name} is gone")
                continue
            old, _ = resolved(self.old, header)
            new, _ = resolved(self.new, there[name.lower()])
            if old.get("required") and not new.get("required"):
                yield where, BreakingChange("", f"header {name} may be missing now")
            for problem in self.schemas.problems(_schema(old), _schema(new), Direction.RESPONSE):
                yield f"{where}, header {name}", problem

    def _content(self, where: str, old: Document, new: Document, direction: Direction) -> Iterator[Place]:
        there = new.get("content", {})
        for media, content in old.get("content", {}).items():
            if media not in there:
                yield where, BreakingChange("", f"{media} is gone")
                continue
            for problem in self.schemas.problems(
                content.get("schema", True), there[media].get("schema", True), direction
            ):
                yield where, problem

    # Who may call

    def _security(self, where: str, before: Document, after: Document) -> Iterator[Place]:
        """Whoever could call must still be able to, with what it has in its hands."""
        offered = [self._asked(self.new, way) for way in _ways(self.new, after)]
        for way in _ways(self.old, before):
            held = self._asked(self.old, way)
            if not any(asked <= held for asked in offered):
                named = " and ".join(way) or "no credentials"
                yield where, BreakingChange("", f"can no longer be called with {named}")

    def _asked(self, document: Document, way: Mapping[str, Any]) -> set[str]:
        """One way to prove who is calling: every scheme as it is defined, and every scope of it."""
        schemes = document.get("components", {}).get("securitySchemes", {})
        asked = set()
        for name, scopes in way.items():
            defined, _ = resolved(document, schemes.get(name, {}))
            plain = str(sorted((key, str(value)) for key, value in defined.items() if key not in ("description",)))
            asked |= {plain, *(f"{plain} {scope}" for scope in scopes)}
        return asked


def _ways(document: Document, operation: Document) -> list[Mapping[str, Any]]:
    """The ways to prove who is calling, any of which will do; an empty one: nobody asks."""
    return operation.get("security", document.get("security", [])) or [{}]


def _parameters(document: Document, path: str, method: str) -> dict[tuple[str, str], Document]:
    """Parameters by where they stand and what they are called; those of a path by their order in it."""
    item = document["paths"][path]
    order = [step.partition("}")[0] for step in path.split("{")[1:]]
    found = {}
    for given in (*item.get("parameters", ()), *item[method].get("parameters", ())):
        parameter, _ = resolved(document, given)
        name, within = parameter["name"], parameter["in"]
        if within == "path" and name in order:
            name = str(order.index(name))
        found[within, name.lower() if within == "header" else name] = parameter
    return found


def _schema(parameter: Document) -> Any:
    contents = [content.get("schema", True) for content in parameter.get("content", {}).values()]
    return parameter.get("schema", contents[0] if contents else True)


def _called(parameter: Document) -> str:
    return f"{parameter['in']} parameter {parameter['name']}"


def _shape(path: str) -> str:
    """A path without the names of its parameters, which no caller sees."""
    return re.sub(r"{[^}]*}", "{}", path)
