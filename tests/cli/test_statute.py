"""``shareflow statute``."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from domain.messages import label
from domain.statutes import check
from domain.statutes.loader import packaged_statutes
from domain.words import Role
from tests.cli.conftest import Run

IDS = list(packaged_statutes())


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A statute file of one's own, without its source."""
    text = files("domain.statutes").joinpath("data/yima-2021.yaml").read_text(encoding="utf-8")
    file = tmp_path / "yima-2021.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_list(shareflow: Run) -> None:
    listed = json.loads(shareflow("statute", "list", "--json").out)
    assert [row["id"] for row in listed] == IDS
    assert all(len(row["digest"]) == 64 for row in listed)
    text = shareflow("statute", "list").out
    assert all(name in text for name in IDS)


@pytest.mark.parametrize("statute_id", IDS)
def test_show_has_every_clause(shareflow: Run, statute_id: str) -> None:
    statute = packaged_statutes()[statute_id]
    said = shareflow("statute", "show", statute_id)
    assert said.code == 0
    shown = [clause for path, clause in check.clauses(statute)]
    missing = [clause.quote for clause in shown if clause.quote not in said.out]
    assert not missing
    for limit in statute.limits:
        assert f"{limit.amount}{label('unit', limit.unit, 'zh')}" in said.out
    assert "policy, not law" in said.out


@pytest.mark.parametrize("statute_id", IDS)
def test_show_as_json(shareflow: Run, statute_id: str) -> None:
    data = json.loads(shareflow("statute", "show", statute_id, "--json").out)
    assert data["id"] == statute_id
    assert {limit["basis"] for limit in data["limits"]} == {"statute"}
    assert {limit["basis"] for limit in data["policy_limits"]} == {"policy"}
    assert all(limit["clause"]["article"] and limit["clause"]["quote"] for limit in data["limits"])
    assert all(body["clause"]["quote"] for body in data["bodies"].values())
    assert set(data["bodies"]) <= set(Role)


@pytest.mark.parametrize("wrong", ["nantong", "", "nantong-2020+808", "../x", "a\nb" * 500, "九"])
def test_an_unknown_statute_is_not_found(shareflow: Run, wrong: str) -> None:
    sentence = shareflow("statute", "show", wrong).plainly_refused(1)
    assert "nantong-2020" in sentence
    assert len(sentence) < 500


def test_a_policy_file_that_is_wrong_is_named(shareflow: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("limits: {}\n", encoding="utf-8")
    monkeypatch.setenv("SHAREFLOW_POLICY", str(file))
    assert "policy.yaml" in shareflow("statute", "show", IDS[0]).plainly_refused()


def test_check_without_sources_says_so(shareflow: Run, monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    monkeypatch.delenv("SHAREFLOW_SOURCES", raising=False)
    said = shareflow("statute", "check", own)
    assert said.code == 0
    assert f"{len(IDS)} packaged statutes and 1 given file" in said.out
    assert "Not checked: the quotes of the packaged statutes" in said.out
    assert f"Not checked: the quotes of {own}" in said.out
    data = json.loads(shareflow("statute", "check", "--json").out)
    assert (data["sources"], data["problems"], len(data["not_checked"])) == (None, [], 1)


def test_check_compares_quotes_with_a_source_beside_the_file(shareflow: Run, own: Path) -> None:
    statute = packaged_statutes()["yima-2021"]
    (own.parent / statute.source).write_text("第一条　另有规定。\n", encoding="utf-8")
    said = shareflow("statute", "check", own)
    assert said.code == 2
    assert "yima-2021: bodies.bureau.clause" in said.err
    assert "Traceback" not in said.err


def test_check_finds_what_is_wrong_in_a_file(shareflow: Run, own: Path) -> None:
    own.write_text(own.read_text("utf-8").replace("amount: 5", "amount: 7"), encoding="utf-8")
    assert "limits[0].amount is 7" in shareflow("statute", "check", own).plainly_refused()
    own.write_text(own.read_text("utf-8").replace("routes:", "ways:"), encoding="utf-8")
    sentence = shareflow("statute", "check", own).plainly_refused()
    assert "yima-2021.yaml, line" in sentence
    assert "ways is not a known key" in sentence


def test_check_refuses_what_is_no_statute(shareflow: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "binary.yaml").write_bytes(bytes(range(256)))
    (tmp_path / "big.yaml").write_bytes(b"a" * 10_000_000)
    for name, says in (
        ("empty.yaml", "empty"),
        ("binary.yaml", "UTF-8"),
        ("big.yaml", "too large"),
        ("missing.yaml", "No such file"),
        ("", "Is a directory"),
    ):
        said = shareflow("statute", "check", tmp_path / name)
        assert says in said.plainly_refused()
        assert said.out == ""
    said = shareflow("statute", "check", tmp_path / "empty.yaml", "--json")
    assert said.code == 2
    assert not any("empty.yaml" in name for name in json.loads(said.out)["checked"])


OVERLAY = """\
id: changshu-2019+own
local: changshu-2019
upper: cn-809-2025
in_force_from: 2025-08-01
changes:
  - part: filing.secret_data_excluded
    how: replaces
    why: {zh: 试验, en: a trial}
  - part: catalogue.bases
    how: replaces
    why: {zh: 试验, en: a trial}
  - part: last
    how: replaces
    why: {zh: 试验, en: a trial}
"""


def test_show_tells_what_stands_in_whose_place_and_why(shareflow: Run) -> None:
    said = shareflow("statute", "show", "nantong-2020+809").out
    for text in (
        *("《政务数据共享条例》第21条第1款", "《南通市政务信息资源共享实施细则》第23条", "2个工作日", "1个工作日"),
        *("《江苏省数据条例》第33条第2款", "本地时限不长于上位法的时限", "replaces", "adds", "stays"),
    ):
        assert text in said, text
    assert "Where a regulation above stands" not in shareflow("statute", "show", "nantong-2020").out


@pytest.mark.parametrize("statute_id", [x for x in IDS if "+" in x])
def test_show_as_json_has_both_sources_of_every_part(shareflow: Run, statute_id: str) -> None:
    overlay = json.loads(shareflow("statute", "show", statute_id, "--json").out)["overlay"]
    assert overlay["parts"]
    for row in overlay["parts"]:
        assert row["why"]["zh"]
        assert row["why"]["en"]
        assert row["stands"]["statute"] in IDS or row["stands"]["statute"] == "jiangsu-data-2025"
        if row["how"] in ("replaces", "gives_way"):
            assert row["instead_of"]["article"], row["part"]
        if row["how"] == "stays":
            assert row["above"]["article"], row["part"]


def test_list_says_from_when_each_applies(shareflow: Run) -> None:
    listed = {row["id"]: row["applies_from"] for row in json.loads(shareflow("statute", "list", "--json").out)}
    assert listed["nantong-2020+809"] == "2025-08-01"
    assert listed["nantong-2020+jiangsu"] == "2025-04-01"
    assert listed["nantong-2020"] == "2020-01-01"
    assert "2025-08-01" in shareflow("statute", "list").out


def test_check_takes_overlays_too(shareflow: Run, tmp_path: Path) -> None:
    assert "nantong-2020+809.yaml" in json.loads(shareflow("statute", "check", "--json").out)["checked"]
    file = tmp_path / "changshu-2019+own.yaml"
    file.write_text(OVERLAY, encoding="utf-8")
    assert shareflow("statute", "check", file).code == 0
    file.write_text(OVERLAY[: OVERLAY.index("  - part: last")], encoding="utf-8")
    sentence = shareflow("statute", "check", file).plainly_refused()
    assert f"{file}, line 5: changes weakens cn-809-2025: last is final_instance by leading_group" in sentence
    file.write_text(OVERLAY.replace("    why: {zh: 试验, en: a trial}\n", "", 1), encoding="utf-8")
    assert "line 6: changes[0].why is missing" in shareflow("statute", "check", file).plainly_refused()
