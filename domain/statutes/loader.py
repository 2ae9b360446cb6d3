"""Loading statutes from files: parsed, merged with overlays, checked, and identified by digest."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from types import MappingProxyType

from pydantic import ValidationError

from domain.statutes.consistency import first_contradiction
from domain.statutes.errors import StatuteError, UnknownStatute, wrong
from domain.statutes.model import Name, Statute
from domain.statutes.overlay import Overlaid, is_overlay, merge, read_above, read_overlay
from domain.statutes.overlay_model import Above, Upper
from domain.validation_messages import first_problem
from domain.yaml_text import YamlDocument, YamlTextError, read_yaml

__all__ = [
    "StatuteError",
    "UnknownStatute",
    "digest",
    "get_statute",
    "load_file",
    "load_overlay",
    "load_statute",
    "packaged_above",
    "packaged_overlay_texts",
    "packaged_overlays",
    "packaged_source",
    "packaged_statutes",
    "packaged_texts",
    "regulation_title",
]


def load_file(text: str, where: str) -> Statute | Overlaid:
    """Read a statute file or an overlay file, whichever it is. Raises StatuteError."""
    return load_overlay(text, where) if is_overlay(read_document(text, where)) else load_statute(text, where)


def load_statute(text: str, where: str) -> Statute:
    """Read one statute file.

    ``where`` is the file's name; without its ending it must be the statute's id. Values are taken as
    they are written: ``"5"`` is not a number and ``1`` is not ``true``.

    Raises StatuteError for a file that is not YAML, does not fit the model, or contradicts itself.
    """
    document = read_document(text, where)
    try:
        # Validated as JSON, where strict mode converts only dates, enumerations and tuples.
        statute = Statute.model_validate_json(json.dumps(document.data), strict=True)
    except ValidationError as error:
        raise wrong(document, where, *first_problem(error)) from None
    if statute.id != PurePath(where).stem:
        raise wrong(document, where, ("id",), f"must be the file's name without its ending, not “{statute.id}”")
    contradiction = first_contradiction(statute)
    if contradiction:
        raise wrong(document, where, *contradiction)
    return statute


def read_document(text: str, where: str) -> YamlDocument:
    """A YAML file with the line of each key. Raises StatuteError, with file and line."""
    try:
        return read_yaml(text, where)
    except YamlTextError as error:
        raise StatuteError(str(error)) from None


def load_overlay(text: str, where: str, among: Mapping[str, Overlaid] | None = None) -> Overlaid:
    """Read one overlay file and merge it into its local text.

    ``where`` is the file's name, as for a statute. ``among`` are overlays it may build on; the packaged ones by
    default. Raises StatuteError for a file that is not YAML, does not fit the model, names what does not exist, or
    falls short of the regulation above.
    """
    document = read_document(text, where)
    overlay = read_overlay(document, where)
    if overlay.id != PurePath(where).stem:
        raise wrong(document, where, ("id",), f"must be the file's name without its ending, not “{overlay.id}”")
    below = (packaged_overlays() if among is None else among).get(overlay.local)
    local = below.statute if below else _own_statutes().get(overlay.local)
    if local is None:
        raise wrong(document, where, ("local",), f"names no statute: there is no “{overlay.local}”")
    upper: Upper | None = packaged_above().get(overlay.upper) or _own_statutes().get(overlay.upper)
    if upper is None:
        raise wrong(document, where, ("upper",), f"names no regulation: there is no “{overlay.upper}”")
    return merge(overlay, document, where, local, upper, below.standings if below else ())


def packaged_texts() -> Iterator[tuple[str, str]]:
    """File name and text of every packaged statute, in order of names."""
    return _texts("data")


def packaged_overlay_texts() -> Iterator[tuple[str, str]]:
    """File name and text of every packaged overlay, in order of names."""
    return _texts("data/overlays")


def packaged_source(name: str) -> str | None:
    """The packaged source text of this name, if any: articles of a regulation above others."""
    text = files("domain.statutes").joinpath("data/regulations", name)
    return text.read_text(encoding="utf-8") if text.is_file() else None


def _texts(folder: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(files("domain.statutes").joinpath(folder).iterdir(), key=lambda x: x.name):
        if entry.name.endswith(".yaml"):
            yield entry.name, entry.read_text(encoding="utf-8")


@cache
def _own_statutes() -> Mapping[str, Statute]:
    """The statutes with files of their own."""
    loaded = [load_statute(text, name) for name, text in packaged_texts()]
    return {x.id: x for x in loaded}


@cache
def packaged_above() -> Mapping[str, Above]:
    """The regulations used only above others, by id. Raises StatuteError."""
    loaded = [read_above(read_document(text, name), name) for name, text in _texts("data/regulations")]
    return MappingProxyType({x.id: x for x in loaded})


@cache
def packaged_overlays() -> Mapping[str, Overlaid]:
    """Every packaged overlay, merged, by id. Raises StatuteError."""
    waiting = dict(packaged_overlay_texts())
    ids = {PurePath(name).stem for name in waiting}
    merged: dict[str, Overlaid] = {}
    while waiting:
        ready = [
            name
            for name, text in waiting.items()
            if read_overlay(read_document(text, name), name).local not in ids - merged.keys()
        ]
        if not ready:
            raise StatuteError(f"{', '.join(waiting)}: these overlays build on each other in a circle.")
        for name in ready:
            found = load_overlay(waiting.pop(name), name, merged)
            merged[found.statute.id] = found
    return MappingProxyType(merged)


@cache
def packaged_statutes() -> Mapping[str, Statute]:
    """Every packaged statute, including overlays, by id, in order of ids. Raises StatuteError."""
    loaded = {**_own_statutes(), **{id_: x.statute for id_, x in packaged_overlays().items()}}
    return MappingProxyType({id_: loaded[id_] for id_ in sorted(loaded)})


def regulation_title(regulation: str) -> Name | None:
    """The title of a statute, or of a regulation used only above others; None for an unknown id."""
    found = packaged_above().get(regulation) or _own_statutes().get(regulation)
    return found.title if found else None


def get_statute(statute_id: str) -> Statute:
    """The packaged statute with this id. Raises UnknownStatute, which lists the existing ids."""
    known = packaged_statutes()
    if statute_id not in known:
        # The id is untrusted: shown on one line, cut to a length.
        shown = " ".join(statute_id.split())[:80]
        raise UnknownStatute(f"There is no statute “{shown}”; known are {', '.join(known)}.")
    return known[statute_id]


def digest(statute: Statute) -> str:
    """SM3 (GB/T 32905) of the statute's canonical JSON, in hexadecimal; identifies exactly this content.

    Canonical: sorted keys, no blanks, UTF-8, with every field except those added later that are empty.
    """
    content = json.dumps(statute.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.new("sm3", content.encode()).hexdigest()
