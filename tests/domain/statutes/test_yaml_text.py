"""The strict YAML reader: what values mean, which files are refused, and where things stand."""

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import yaml_text
from domain.yaml_text import MAX_BYTES, MAX_DEPTH, YamlTextError, read_yaml, written_yaml
from tests.forms import either


@pytest.fixture(params=["fast", "plain"], autouse=True)
def _both_parsers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything holds with libyaml and without it."""
    if request.param == "plain":
        monkeypatch.setattr(yaml_text, "LOADER", yaml.SafeLoader)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("text", "text"),
        ("", None),
        ("~", None),
        ("null", None),
        ('"null"', "null"),
        ("''", ""),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("yes", "yes"),
        ("on", "on"),
        ('"true"', "true"),
        ("0", 0),
        ("5", 5),
        ("-5", -5),
        ("999999999999999", 999999999999999),
        ("1000000000000000", "1000000000000000"),
        ("113206000140000015", "113206000140000015"),
        ("0123", "0123"),
        ("-0", "-0"),
        ("+5", "+5"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("٣", "٣"),
        ("1.5", "1.5"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("12:30:45", "12:30:45"),
        ('"5"', "5"),
        ("'5'", "5"),
        ("|-\n  5", "5"),
        ("|\n  5", "5\n"),
        ("2026-09-18", "2026-09-18"),
        ("2026-09-18T10:00:00+08:00", "2026-09-18T10:00:00+08:00"),
        ("<<", "<<"),
        ("=", "="),
        ("南通市民政局", "南通市民政局"),
        ('"a\\nb\\tc"', "a\nb\tc"),
        ("[1, a, ~]", [1, "a", None]),
        ("[]", []),
        ("{}", {}),
        ("{b: 1}", {"b": 1}),
        ("# only a comment", None),
    ],
)
def test_values(written: str, value: Any) -> None:
    found = read_yaml(f"a: {written}\n", "f.yaml").data["a"]
    assert (found, type(found)) == (value, type(value))


def nested(depth: int) -> str:
    """A file whose innermost list stands at this depth; the top level is the first."""
    return "a: " + "[" * (depth - 1) + "]" * (depth - 1)


def test_the_deepest_nesting_allowed() -> None:
    assert set(read_yaml(nested(MAX_DEPTH), "f.yaml").data) == {"a"}


def test_the_largest_file_allowed() -> None:
    text = "a: " + "字" * ((MAX_BYTES - 3) // 3)
    assert len(text.encode()) == MAX_BYTES - (MAX_BYTES - 3) % 3
    assert read_yaml(text, "f.yaml").data["a"].startswith("字")
    with pytest.raises(YamlTextError, match="larger than 1 MB"):
        read_yaml(text + "字", "f.yaml")


def test_a_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    assert read_yaml("\ufeffa: 1\r\nb: 2\r\n", "f.yaml").data == {"a": 1, "b": 2}


REFUSED = {
    "empty": ("", 1, "the file is empty"),
    "comments": ("# nothing\n\n", 1, "the file is empty"),
    "nothing": ("---\n", 1, "the file is empty"),
    "list": ("\n- a\n", 2, "the top level must be"),
    "text": ("hello", 1, "the top level must be"),
    "syntax": ("a: 1\nb: c: d\n", 2, "not valid YAML: mapping values are not allowed"),
    "open list": ("a: [1,\n", 1, "not valid YAML"),
    "tab": ("a:\n\tb: 1\n", 2, "not valid YAML"),
    "duplicate": ("a: 1\nb: 2\na: 3\n", 3, "the key “a” stands here a second time"),
    "duplicate inside": ("x:\n  - {b: 1, b: 1}\n", 2, "the key “b” stands here a second time"),
    "duplicate quoted": ("a: 1\n'a': 3\n", 2, "the key “a” stands here a second time"),
    "duplicate mapping": ("a: {}\na: {}\n", 2, "the key “a” stands here a second time"),
    "anchor": ("a: &x 1\n", 1, "anchors (&x) are not allowed"),
    "anchor of a list": ("a: 1\nb: &y [1]\n", 2, "anchors (&y) are not allowed"),
    "alias": ("a: *x\n", 1, "references (*x) are not allowed"),
    "tag": ("a: !!str 1\n", 1, "tags ("),
    "own tag": ("a: !python/object:os.system {}\n", 1, "tags (“!python/object:os.system”)"),
    "bare tag": ("a: ! x\n", 1, "tags (“!”)"),
    "tag directive": ("%TAG ! tag:x,2000:\n---\na: 1\n", 1, "%TAG directives"),
    "two documents": ("a: 1\n---\nb: 1\n", 2, "a second document begins here"),
    "number as key": ("a: 1\n5: b\n", 2, "a key must be text; put “5” in quotation marks"),
    "bool as key": ("true: b\n", 1, "a key must be text"),
    "null as key": ("~: b\n", 1, "a key must be text"),
    "list as key": ("[a]: b\n", 1, "a key must be text"),
    "mapping as key": ("? {a: 1}\n: b\n", 1, "a key must be text"),
    "too deep": (nested(MAX_DEPTH + 1), 1, "the nesting is deeper than 20"),
    "far too deep": (nested(50_000), 1, "the nesting is deeper than 20"),
    "blocks too deep": ("".join(" " * i + "a:\n" for i in range(300)), 21, "the nesting is deeper than 20"),
    "control character": ("a: 1\nb: \x07\n", 2, "control character (U+0007)"),
    "delete": ("a: \x7f\n", 1, "control character (U+007F)"),
    "hidden line break": ("a: b\u2028c\n", 1, "control character (U+2028)"),
    "half a character": ("a: \ud800\n", 1, "control character (U+D800)"),
    "escaped control character": ('a: "\\e[0m"\n', 1, "an escape stands for a control character (U+001B)"),
    "impossible escape": ('a: "\\UFFFFFFFF"\n', 1, "not valid YAML"),
    "beyond Unicode": ('a: "\\U00110000"\n', 1, "not valid YAML"),
    "too large": ("a: " + "x" * MAX_BYTES, 1, "larger than 1 MB"),
}


@pytest.mark.parametrize(("text", "line", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refusals_are_one_sentence_with_file_and_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(YamlTextError) as caught:
        read_yaml(text, "f.yaml")
    message = str(caught.value)
    assert message.startswith(f"f.yaml, line {line}: ")
    assert reason in message
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 160
    assert caught.value.line == line
    assert 1 <= caught.value.column <= len((text.splitlines() or [""])[line - 1]) + 1
    told = caught.value.reason("zh")
    assert not re.search(r"\b(is|not|found|expected|are|the)\b", told), told


LINES = """\
# a comment
name: x
list:
  - a

  - b: 1
    c:
      2
  - [d,
     e]
empty:
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("name",), 2),
        (("list",), 3),
        (("list", 0), 4),
        (("list", 1), 6),
        (("list", 1, "b"), 6),
        (("list", 1, "c"), 7),
        (("list", 2, 0), 9),
        (("list", 2, 1), 10),
        (("empty",), 11),
        # what is not there: the nearest that is
        (("list", 9), 3),
        (("list", 1, "z", "y"), 6),
        (("list", "b"), 3),
        (("name", "deeper"), 2),
        (("other",), 2),
    ],
)
def test_lines(path: tuple[str | int, ...], line: int) -> None:
    assert read_yaml(LINES, "f.yaml").line(path) == line


INDICATORS = ["a", "b", ": ", ":", "- ", "  ", "[", "]", "{", "}", "&x ", "*x", "!t ", "|", ">", "'", "#"]
WORDS = ["? ", "%TAG ", "\\", "\\U", "\\x0", "~", "5", "0", "<<", "é", "字", "@"]
LAYOUT = [",", '"', "\n", "\t", "\r", "---\n", "...\n", "|\n", "a:\n", "\ufeff", "\x00", "\x85", "\ud800"]
PIECES = st.sampled_from(INDICATORS + WORDS + LAYOUT)
TEXTS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))
PARSERS = st.sampled_from([yaml_text.LOADER, yaml.SafeLoader])


def only_plain(value: object) -> bool:
    """Whether a value is made of what the reader promises, and of nothing else."""
    if isinstance(value, dict):
        return all(isinstance(k, str) and only_plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(only_plain(x) for x in value)
    return value is None or type(value) in (str, int, bool)


@settings(max_examples=either(150, 600), deadline=None)
@given(text=TEXTS, parser=PARSERS)
def test_no_text_brings_anything_but_data_or_one_sentence(text: str, parser: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_text, "LOADER", parser)
        try:
            document = read_yaml(text, "f.yaml")
        except YamlTextError as error:
            assert str(error).startswith("f.yaml, line ")  # noqa: PT017 - both ways out are right
            assert len(str(error).splitlines()) == 1  # noqa: PT017
        else:
            assert only_plain(document.data)
            # No half characters: the data can be stored and sent on.
            assert json.loads(json.dumps(document.data, ensure_ascii=False).encode()) == document.data


@settings(max_examples=either(50, 200), deadline=None)
@given(
    data=st.dictionaries(
        st.text("abc字 ", min_size=1, max_size=6),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(10**15) + 1, 10**15 - 1) | st.text("ab5:#-字 '\"", max_size=8),
            lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text("xyz", min_size=1), x, max_size=3),
            max_leaves=8,
        ),
        min_size=1,
    )
)
def test_json_is_read_as_it_was_meant(data: dict[str, Any]) -> None:
    assert read_yaml(json.dumps(data, ensure_ascii=False), "f.yaml").data == data


@pytest.mark.parametrize(
    "value",
    [
        "a\nb",
        "x: y # z",
        "  lead",
        "2026-01-01",
        "null",
        "12",
        "- x",
        "&a *b",
        "'q'",
        "a\tb",
        "",
        "!tag",
        3,
        None,
        True,
    ],
)
def test_what_is_written_is_read_back_as_it_was(value: object) -> None:
    part = {"inner": value}
    data = {"one": value, "list": [value, part], "again": part}
    assert read_yaml(written_yaml(data), "here").data == data
