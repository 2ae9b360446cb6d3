"""``python -m api.contract --check | --write [--breaking REASON]``: the committed OpenAPI document."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api.contract.operations import breaking_changes
from configuration.memory import collect_seldom

COMMITTED = Path("docs/api/openapi.json")
HISTORY = "x-breaking-changes"


class Unreadable(ValueError):
    """The committed document is none."""


def text_of(document: Mapping[str, Any]) -> str:
    """The document as it is committed."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def with_history(document: Mapping[str, Any], committed: Mapping[str, Any] | None) -> dict[str, Any]:
    """The document, with the breaking changes that were written on purpose before."""
    history = (committed or {}).get("info", {}).get(HISTORY)
    return {**document, "info": {**document["info"], HISTORY: history}} if history else dict(document)


def check(document: Mapping[str, Any], path: Path) -> list[str]:
    """What is wrong with the committed document, one line each; nothing when it is current."""
    if not path.exists():
        return [f"{path} is not there: run `make openapi`."]
    committed = _read(path)
    if path.read_text(encoding="utf-8") == text_of(with_history(document, committed)):
        return []
    broken = breaking_changes(committed, document)
    if broken:
        return [*broken, "Callers rely on this: keep the old form, or write it with --breaking REASON."]
    return [f"{path} is not what the application says: run `make openapi`."]


def write(document: Mapping[str, Any], path: Path, reason: str | None = None) -> list[str]:
    """Write the document; what hinders it, one line each. A breaking change needs a reason, which is kept."""
    committed = _read(path) if path.exists() else None
    broken = breaking_changes(committed, document) if committed else []
    if broken and not reason:
        return [*broken, "Nothing was written. Keep the old form, or give --breaking REASON."]
    written = with_history(document, committed)
    if broken:
        entry = {"version": document["info"]["version"], "reason": reason, "changes": broken}
        written["info"] = {**written["info"], HISTORY: [*written["info"].get(HISTORY, []), entry]}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_of(written), encoding="utf-8")
    return []


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Unreadable(f"{path} is not JSON ({error}): restore the committed one.") from None
    if not isinstance(document, dict):
        raise Unreadable(f"{path} is no OpenAPI document: restore the committed one.")
    return document


def main(arguments: Sequence[str] | None = None, path: Path = COMMITTED) -> int:
    """Check or write. 0: all is well; 1: something breaks or has drifted, told on standard error."""
    parser = argparse.ArgumentParser(prog="python -m api.contract", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="compare the application with the committed document")
    what.add_argument("--write", action="store_true", help="write the document that the application has now")
    parser.add_argument("--breaking", metavar="REASON", help="with --write: why a breaking change must be")
    given = parser.parse_args(arguments)
    if given.check and given.breaking:
        parser.error("--breaking goes with --write")

    collect_seldom()
    from api.app import openapi_document

    document = openapi_document()
    try:
        told = check(document, path) if given.check else write(document, path, given.breaking)
    except Unreadable as error:
        told = [str(error)]
    for line in told:
        print(line, file=sys.stderr)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
