"""A small strict YAML reader for the files that people write: statutes, scenarios, policies.

It takes the plain part of YAML and refuses the rest, so that a file means what it looks like: a long
code stays text, a date stays text, no key stands twice, nothing refers to anything else in the file.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from domain.validation_messages import shown

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

# libyaml's parser where it was built in: the same events, about ten times as fast.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
BOOLS = {"true": True, "false": False}
# At most 15 digits: an organisation code of 18 digits is a name, not an amount, and JSON would round it.
WHOLE_NUMBER = re.compile(r"(0|-?[1-9][0-9]{0,14})", re.ASCII)
# Control characters and half characters; also the line breaks that editors do not count as such.
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")

Value = dict[str, Any] | list[Any] | str | int | bool | None


def written_yaml(data: Value) -> str:
    """Plain data as a text that :func:`read_yaml` reads back as the same, keys in their order."""
    # What stands in two places would be written once and referred to; as JSON it is written out in both.
    return yaml.safe_dump(json.loads(json.dumps(data)), allow_unicode=True, sort_keys=False, width=110)


class YamlTextError(ValueError):
    """A file cannot be used. The message is one plain sentence with the file and the line, which stands apart, too."""

    def __init__(self, sentence: str, line: int) -> None:
        super().__init__(sentence)
        self.line = line


@dataclass(slots=True)
class YamlPlace:
    """Where a value stands: its line, and the places of what it contains."""

    line: int
    inner: dict[str | int, "YamlPlace"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A file as plain data, with the line of each part."""

    data: dict[str, Any]
    top: YamlPlace

    def line(self, path: Sequence[str | int]) -> int:
        """The line, from 1, of the key or item at ``path``; of its nearest ancestor where there is none."""
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
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        # The parser may point behind the last line; name one that is there.
        line = min(mark.line + 1, len(text.splitlines())) if mark else reader.line
        _refuse(where, line, f"this is not valid YAML: {_one_line(problem)}")
    except (ValueError, OverflowError, RecursionError) as error:
        if isinstance(error, YamlTextError):
            raise
        # The parser without libyaml raises these for impossible character escapes.
        _refuse(where, reader.line, "this is not valid YAML: it cannot be read")
    return reader.document()


def _events(text: str) -> Iterator[yaml.Event]:
    """The parser's events. Events, not nodes: composing nodes recurses and forgets anchors and tags."""
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=LOADER)
    return events


def _check_characters(text: str, where: str) -> None:
    """Refuse a text that is too large or holds characters that nobody can see."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        _refuse(where, 1, "the file is larger than 1 MB")
    found = FORBIDDEN.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        _refuse(where, line, f"there is a control character (U+{ord(found.group()):04X}) in the text")


def _refuse(where: str, line: int, reason: str) -> NoReturn:
    raise YamlTextError(f"{_one_line(where)}, line {line}: {reason}.", line) from None


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


class _Reader:
    """Builds the data from the parser's events, with a stack of its own, and refuses what is not plain."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.line = 1
        self.documents = 0
        self.stack: list[_Open] = []
        self.data: Value = None
        self.top: YamlPlace | None = None

    def take(self, event: yaml.Event) -> None:
        """Take the next event. Raises YamlTextError."""
        if event.start_mark is not None:
            self.line = event.start_mark.line + 1
        self._check_plain(event)
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self._refuse("a second document begins here; one file holds one document")
            case yaml.MappingStartEvent():
                self._open({})
            case yaml.SequenceStartEvent():
                self._open([])
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.stack.pop()
            case yaml.ScalarEvent():
                self._scalar(event)

    def document(self) -> YamlDocument:
        """The whole, once every event was taken. Raises YamlTextError for an empty or other top level."""
        self.line = 1
        if self.top is None or self.data is None:
            self._refuse("the file is empty")
        if not isinstance(self.data, dict):
            self.line = self.top.line
            self._refuse("the top level must be a group of keys with values")
        return YamlDocument(self.data, self.top)

    def _refuse(self, reason: str) -> NoReturn:
        _refuse(self.where, self.line, reason)

    def _check_plain(self, event: yaml.Event) -> None:
        """Refuse what lets a file mean something else than it shows."""
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(f"references (*{anchor}) are not allowed; write the value out")
        if anchor is not None:
            self._refuse(f"anchors (&{anchor}) are not allowed; write the value out")
        if tag is not None:
            self._refuse(f"tags ({shown(tag)}) are not allowed")
        if getattr(event, "tags", None):
            self._refuse("%TAG directives are not allowed")

    def _open(self, value: dict[str, Any] | list[Any]) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self._refuse(f"the nesting is deeper than {MAX_DEPTH}")
        if self._at_key():
            self._refuse("a key must be text")
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
            self._refuse(f"a key must be text; put {shown(event.value)} in quotation marks")
        if value in holder.place.inner:
            self._refuse(f"the key {shown(value)} stands here a second time")
        holder.key, holder.key_line = value, self.line

    def _resolve(self, event: yaml.ScalarEvent) -> str | int | bool | None:
        """The value of a scalar. Quoted and block scalars are always text."""
        text: str = event.value
        found = FORBIDDEN.search(text)
        if found:
            self._refuse(f"an escape stands for a control character (U+{ord(found.group()):04X})")
        if event.style:
            return text
        if text in NULLS:
            return None
        if text in BOOLS:
            return BOOLS[text]
        return int(text) if WHOLE_NUMBER.fullmatch(text) else text

    def _put(self, value: Value) -> YamlPlace:
        """Put a value where the reader stands: under the key just read, at the list's end, or at the top."""
        place = YamlPlace(self.line)
        if not self.stack:
            self.data, self.top = value, place
            return place
        holder = self.stack[-1]
        if isinstance(holder.value, list):
            holder.place.inner[len(holder.value)] = place
            holder.value.append(value)
        else:
            # A value may begin below its key; people look for the key.
            place.line = holder.key_line
            holder.place.inner[str(holder.key)] = place
            holder.value[str(holder.key)] = value
            holder.key = None
        return place
