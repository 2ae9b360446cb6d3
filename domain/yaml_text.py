"""A small strict YAML reader for files that people write: statutes, scenarios, policies.

It accepts the plain part of YAML and refuses the rest, so that a file means what it looks like: a long code stays text,
a date stays text, keys are unique, and there are no references within the file.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import yaml

from domain.messages import Language, label
from domain.validation_messages import shown

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

# libyaml's parser if it is available: the same events, about ten times as fast.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
BOOLS = {"true": True, "false": False}
# At most 15 digits: an organisation code of 18 digits is a name, not an amount, and JSON would round it.
WHOLE_NUMBER = re.compile(r"(0|-?[1-9][0-9]{0,14})", re.ASCII)
# Control characters and half characters; also the line breaks that editors do not count as such.
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

Value = dict[str, Any] | list[Any] | str | int | bool | None


def written_yaml(data: Value) -> str:
    """Plain data as YAML that :func:`read_yaml` reads back unchanged, with the keys in order."""
    # Through JSON, so that an object that occurs twice is not written as an anchor and an alias.
    return yaml.safe_dump(json.loads(json.dumps(data)), allow_unicode=True, sort_keys=False, width=110)


class YamlTextError(ValueError):
    """A file cannot be used: one plain sentence with the file and the line.

    ``line`` and ``column`` count from 1. ``word`` is the reason in the catalogue (``yaml``), ``details`` fill it in.
    """

    def __init__(self, where: str, line: int, column: int, word: str, **details: object) -> None:
        self.line, self.column = line, column
        self._word, self._details = word, details
        super().__init__(f"{_one_line(where)}, line {line}: {self.reason('en')}.")

    def reason(self, language: Language) -> str:
        """The reason, in a language."""
        details = self._details
        if self._word == INVALID:
            details = {"problem": _problem_told(str(details["problem"]), language)}
        return label("yaml", self._word, language).format(**details)


INVALID: Final = "invalid"
UNREADABLE: Final = "it cannot be read"
PROBLEMS: Final[Mapping[str, str]] = {
    "mapping values are not allowed": "colon_here",
    "block sequence entries are not allowed": "item_here",
    "sequence entries are not allowed": "item_here",
    "tab character": "tab",
    "cannot start any token": "first_character",
    "expected ',' or ']'": "bracket",
    "expected ',' or '}'": "brace",
    "expected ':'": "no_colon",
    "expected key": "indent",
    "expected '-' indicator": "indent",
    "expected <block end>": "indent",
    "expected <document start>": "indent",
    "expected '<document start>'": "indent",
    "node content": "no_value",
    "unexpected end of stream": "quotation",
    "unexpected document indicator": "quotation",
    "escape": "escape",
    "hexdecimal": "escape",
    UNREADABLE: "unreadable",
}
"""Parts of the parsers' messages, each with its word in the catalogue (``yaml_problem``)."""


def _problem_told(problem: str, language: Language) -> str:
    """A parser's message in a language; in the parser's own words if there are no others."""
    if language == "en":
        return problem
    word = next((word for part, word in PROBLEMS.items() if part in problem), None)
    return label("yaml_problem", word, language) if word else problem


@dataclass(slots=True)
class YamlPlace:
    """The position of a value: its line, and the positions of its parts."""

    line: int
    inner: dict[str | int, "YamlPlace"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A file as plain data, with the line of each part."""

    data: dict[str, Any]
    top: YamlPlace

    def line(self, path: Sequence[str | int]) -> int:
        """The line, from 1, of the key or item at ``path``; if there is none, of its nearest ancestor."""
        place = self.top
        for step in path:
            if step not in place.inner:
                break
            place = place.inner[step]
        return place.line


@dataclass(slots=True)
class _Open:
    """A mapping or list that is still being read."""

    value: dict[str, Any] | list[Any]
    place: YamlPlace
    key: str | None = None
    key_line: int = 0


def read_yaml(text: str, where: str) -> YamlDocument:
    """Read a YAML file whose top level is a mapping.

    ``where`` is the name of the file, for messages. Scalars are text, except that plain ``true`` and
    ``false`` are booleans, plain null and nothing are None, and plain whole numbers of at most 15 digits
    without leading zeros are integers.

    Raises YamlTextError for anything that is not such a file: too large, control characters, wrong
    syntax, duplicate keys, anchors, tags, several documents, nesting deeper than 20, keys that are not
    text, an empty file or another top level.
    """
    text = text.removeprefix("\ufeff")  # some editors write a byte order mark
    _check_characters(text, where)
    reader = _Reader(where)
    try:
        for event in _events(text):
            reader.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or UNREADABLE
        line, column = _there(text, mark.line, mark.column) if mark else (reader.line, reader.column)
        raise YamlTextError(where, line, column, INVALID, problem=_one_line(problem)) from None
    except (ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, YamlTextError):
            raise
        # The parser without libyaml raises these for impossible character escapes.
        raise YamlTextError(where, reader.line, reader.column, INVALID, problem=UNREADABLE) from None
    return reader.document()


def _there(text: str, line: int, column: int) -> tuple[int, int]:
    """Line and column, from 1, of a position counted from 0; a parser may point past the last line."""
    lines = text.splitlines()
    return (line + 1, column + 1) if line < len(lines) else (len(lines), len(lines[-1]) + 1)


def _events(text: str) -> Iterator[yaml.Event]:
    """The parser's events. Events, not nodes: composing nodes recurses and forgets anchors and tags."""
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=LOADER)
    return events


def _check_characters(text: str, where: str) -> None:
    """Refuse a text that is too large or has invisible characters."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise YamlTextError(where, 1, 1, "too_large")
    found = FORBIDDEN.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise YamlTextError(where, line, column, "control_character", code=_code_of(found.group()))


def _code_of(character: str) -> str:
    return f"U+{ord(character):04X}"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


class _Reader:
    """Builds the data from the parser's events, on an explicit stack, and refuses whatever is not plain."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.line = self.column = 1
        self.documents = 0
        self.stack: list[_Open] = []
        self.data: Value = None
        self.top: YamlPlace | None = None

    def take(self, event: yaml.Event) -> None:
        """Take the next event. Raises YamlTextError."""
        if event.start_mark is not None:
            self.line, self.column = event.start_mark.line + 1, event.start_mark.column + 1
        self._check_plain(event)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self._refuse("second_document")
            case yaml.MappingStartEvent():
                self._open({})
            case yaml.SequenceStartEvent():
                self._open([])
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.stack.pop()
            case yaml.ScalarEvent():
                self._scalar(event)

    def document(self) -> YamlDocument:
        """The document, after the last event. Raises YamlTextError if it is empty or its top level is no mapping."""
        self.line = self.column = 1
        if self.top is None or self.data is None:
            self._refuse("empty")
        if not isinstance(self.data, dict):
            self.line = self.top.line
            self._refuse("top_level")
        return YamlDocument(self.data, self.top)

    def _refuse(self, word: str, **details: object) -> NoReturn:
        raise YamlTextError(self.where, self.line, self.column, word, **details)

    def _check_plain(self, event: yaml.Event) -> None:
        """Refuse whatever makes a file mean something other than it shows."""
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            self._refuse("reference", name=anchor)
        if anchor is not None:
            self._refuse("anchor", name=anchor)
        if tag is not None:
            self._refuse("tag", tag=shown(tag))
        if getattr(event, "tags", None):
            self._refuse("tag_directive")

    def _open(self, value: dict[str, Any] | list[Any]) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self._refuse("too_deep", most=MAX_DEPTH)
        if self._at_key():
            self._refuse("key_is_no_text")
        place = self._put(value)
        self.stack.append(_Open(value, place))

    def _at_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        value = self._resolve(event)
        if not self._at_key():
            self._put(value)
            return
        holder = self.stack[-1]
        if not isinstance(value, str):
            self._refuse("key_unquoted", key=shown(event.value))
        if value in holder.place.inner:
            self._refuse("key_twice", key=shown(value))
        holder.key, holder.key_line = value, self.line

    def _resolve(self, event: yaml.ScalarEvent) -> str | int | bool | None:
        """The value of a scalar. Quoted and block scalars are always text."""
        text: str = event.value
        found = FORBIDDEN.search(text)
        if found:
            self._refuse("escaped_control", code=_code_of(found.group()))
        if event.style:
            return text
        if text in NULLS:
            return None
        if text in BOOLS:
            return BOOLS[text]
        return int(text) if WHOLE_NUMBER.fullmatch(text) else text

    def _put(self, value: Value) -> YamlPlace:
        """Put a value at the current position: under the key just read, at the end of the list, or at the top."""
        place = YamlPlace(self.line)
        if not self.stack:
            self.data, self.top = value, place
            return place
        holder = self.stack[-1]
        if isinstance(holder.value, list):
            holder.place.inner[len(holder.value)] = place
            holder.value.append(value)
        else:
            # A value may begin on a line below its key; people look for the key.
            place.line = holder.key_line
            holder.place.inner[str(holder.key)] = place
            holder.value[str(holder.key)] = value
            holder.key = None
        return place
