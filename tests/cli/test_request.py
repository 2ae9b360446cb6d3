"""``shareflow request``: what is wrong is told before any engine is looked for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run

FILE = """\
name: 甲
statute: nantong-2020
request:
  requester: {code: 113206000140000015, name: 甲局}
  provider: {code: 113206000140000028, name: 乙局}
  resource: {code: R1, name: 人口, sharing_class: conditional}
  purpose: 核验
  scope: 姓名
"""
BAD_KEYS = ["", " ", "a b", "a~b", "键", "\udcff", "a" * 65, "../\n"]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    """Write a request's file."""

    def write(text: str) -> Path:
        path = tmp_path / "request.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("key", BAD_KEYS, ids=ascii)
def test_a_key_that_no_caller_may_use(shareflow: Run, file: Callable[[str], Path], key: str) -> None:
    for arguments in (("file", file(FILE)), ("do", "X-1", "accept", "--by", "bureau")):
        assert shareflow("request", *arguments, f"--key={key}").plainly_refused().startswith("--key must have 1 to 64")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--org", "\udcff"], "--org has half of a Unicode character."),
        (["--org", "a\u202eb"], "--org has a character that turns the direction"),
        (["--org", "x" * 201], "--org must have at most 200 characters"),
        (["--org", ""], "--org must have at least 1 character"),
        (["--with", "no"], "--with must be a JSON object."),
        (["--with", "[1]"], "--with must be a JSON object."),
        (["--with", "[" * 100_000], "--with must be a JSON object."),
        (["--with", '{"scope": "\\ud800"}'], "--with: scope has half of a Unicode character."),
        (["--with", '{"conditions": ["a", "\\ud800"]}'], "--with: conditions[1] has half of a Unicode character."),
        (["--with", '{"conditions": {"a": {"b": "\\ud800"}}}'], "--with: conditions must be text"),
        (["--with", '{"\\ud800": 1}'], "--with: has half of a Unicode character."),
        (["--with", '{"terms": {"scop": "x"}}'], "--with: terms.scop is not a known key"),
        (["--with", '{"scope": NaN}'], "--with: scope must be text"),
        (["--with", '{"expires_on": 5}'], "--with: expires_on must be a date such as"),
    ],
    ids=ascii,
)
def test_what_a_command_cannot_say(shareflow: Run, options: list[str], says: str) -> None:
    assert shareflow("request", "do", "X-1", "grant", "--by", "provider", *options).plainly_refused().startswith(says)


def test_what_a_command_leaves_out_is_for_the_case_to_say(shareflow: Run) -> None:
    said = shareflow("request", "do", "X-1", "request_extension", "--by", "provider", "--with", '{"reason": "a"}')
    assert "No engine is running here" in said.plainly_refused()


def test_what_no_request_is_called(shareflow: Run) -> None:
    for arguments in (("show", "\udcff"), ("do", "\udcff", "accept", "--by", "bureau")):
        assert shareflow("request", *arguments).plainly_refused().startswith("REQUEST_ID has half")
    assert shareflow("request", "list", "--party", "\udcff").plainly_refused().startswith("--party has half")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (FILE + "foo: 1\n", "line 9: foo is not a known key."),
        (FILE + "filed_at: never\nsteps: 5\n", "line 9: filed_at is not a known key."),
        (FILE.replace("statute:", "statut:"), "line 2: statut is not a known key."),
        (FILE.replace("statute: nantong-2020\n", ""), "line 1: statute is missing, and so is jurisdiction."),
        (
            FILE.replace("statute: nantong-2020\n", "statute: nantong-2020\njurisdiction: changshu\n"),
            "line 3: jurisdiction is not the place of nantong-2020.",
        ),
        (FILE.replace("statute: nantong-2020", "jurisdiction: [a]"), "line 2: jurisdiction must be text"),
        (FILE.replace("nantong-2020", "[a]"), "line 2: statute must be text"),
        (FILE[: FILE.index("request:")] + "request: 甲\n", "line 3: request must be a group of keys with values"),
        (FILE.replace("purpose:", "purpos:"), "line 7: request.purpos is not a known key"),
        (FILE.replace("sharing_class: conditional", "sharing_class: x"), "line 6: request.resource.sharing_class must"),
    ],
)
def test_a_file_that_cannot_be_filed(shareflow: Run, file: Callable[[str], Path], text: str, says: str) -> None:
    path = file(text)
    assert shareflow("request", "file", path).plainly_refused().startswith(f"{path}, {says}")


def test_half_an_engine_is_told(shareflow: Run, file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No engine is running here" in shareflow("request", "file", file(FILE)).plainly_refused()
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", "postgresql://x:y@127.0.0.1:1/z")
    said = shareflow("request", "show", "NANTONG-NOSUCHCASE").plainly_refused()
    assert said.startswith("SHAREFLOW_DATABASE_URL is set, but TEMPORAL_ADDRESS is not")
    assert '"TEMPORAL_ADDRESS is not' not in said
    assert "but TEMPORAL_ADDRESS is not" in shareflow("doctor").out
    monkeypatch.delenv("SHAREFLOW_DATABASE_URL")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    said = shareflow("request", "list").plainly_refused()
    assert said.startswith("TEMPORAL_ADDRESS is set, but SHAREFLOW_DATABASE_URL is not")
    assert "but SHAREFLOW_DATABASE_URL is not" in shareflow("doctor").out
