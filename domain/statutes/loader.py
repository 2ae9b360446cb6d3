"""Statutes read from their files, checked, and named by their digest."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from types import MappingProxyType

from pydantic import ValidationError

from domain.plain_errors import first_problem, key_path
from domain.statutes.consistency import first_contradiction
from domain.statutes.model import SECTIONS, Statute
from domain.yaml_text import Document, YamlTextError, read_yaml


class StatuteError(ValueError):
    """A statute file is wrong. The message is one sentence with file, line, key and reason."""


class UnknownStatute(LookupError):
    """No statute has this id. The message names those that there are."""


def load_statute(text: str, where: str) -> Statute:
    """Read one statute file.

    ``where`` is the file's name; without its ending it must be the statute's id. Values are taken as
    they are written: ``"5"`` is not a number and ``1`` is not ``true``.

    Raises StatuteError for a file that is not YAML, does not fit the model, or contradicts itself.
    """
    try:
        document = read_yaml(text, where)
    except YamlTextError as error:
        raise StatuteError(str(error)) from None
    try:
        # Through JSON, where strict means: no conversions but those of dates, words and lists.
        statute = Statute.model_validate_json(json.dumps(document.data), strict=True)
    except ValidationError as error:
        raise _wrong(document, where, *first_problem(error)) from None
    if statute.id != PurePath(where).stem:
        raise _wrong(document, where, ("id",), f"must be the file's name without its ending, not “{statute.id}”")
    contradiction = first_contradiction(statute)
    if contradiction:
        raise _wrong(document, where, *contradiction)
    return statute


def _wrong(document: Document, where: str, path: tuple[str | int, ...], reason: str) -> StatuteError:
    name = " ".join(where.split())
    return StatuteError(f"{name}, line {document.line(path)}: {key_path(path) or 'the file'} {reason}.")


def packaged_texts() -> Iterator[tuple[str, str]]:
    """The file name and the text of every statute that comes with the product, in order of names."""
    folder = files("domain.statutes").joinpath("data")
    for entry in sorted(folder.iterdir(), key=lambda x: x.name):
        if entry.name.endswith(".yaml"):
            yield entry.name, entry.read_text(encoding="utf-8")


@cache
def packaged_statutes() -> Mapping[str, Statute]:
    """Every statute that comes with the product, by id, in order of ids. Raises StatuteError."""
    loaded = [load_statute(text, name) for name, text in packaged_texts()]
    return MappingProxyType({x.id: x for x in sorted(loaded, key=lambda x: x.id)})


def get_statute(statute_id: str) -> Statute:
    """The packaged statute with this id. Raises UnknownStatute, naming the ids that there are."""
    known = packaged_statutes()
    if statute_id not in known:
        # The id may come from anybody: shown on one line and not at any length.
        shown = " ".join(statute_id.split())[:80]
        raise UnknownStatute(f"There is no statute “{shown}”; known are {', '.join(known)}.")
    return known[statute_id]


def digest(statute: Statute) -> str:
    """SM3 (GB/T 32905) over the statute's canonical JSON, in hexadecimal: names exactly this content.

    Canonical: keys sorted, no blanks, UTF-8, every field present but the sections that the text does not have.
    """
    said = statute.model_dump(mode="json")
    present = {name: value for name, value in said.items() if value is not None or name not in SECTIONS}
    content = json.dumps(present, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.new("sm3", content.encode()).hexdigest()
