"""``shareflow statute coverage``."""

import json
from collections.abc import Mapping

import pytest
from rich.console import Console

from cli import coverage_page
from cli.coverage_page import SHOWN_AT_MOST
from domain.statutes.loader import packaged_overlays
from starter.coverage import standing
from starter.coverage.check import own_statutes
from starter.coverage.table import KINDS, Row, Table, packaged_tables
from tests.cli.conftest import Run


def test_the_whole_table(shareflow: Run) -> None:
    said = shareflow("statute", "coverage")
    assert (said.code, said.err) == (0, "")
    for id_, table in packaged_tables().items():
        missing = [row.quote for row in table.clauses if row.quote not in said.out]
        assert not missing, id_
    assert all(word in said.out for word in ("合计 Totals", "时限", "规则 rule", "场景 scenario", "not for software"))


def test_one_statute_alone(shareflow: Run) -> None:
    said = shareflow("statute", "coverage", "zhejiang-2014")
    assert said.code == 0
    assert "信息提供单位应在5个工作日内完成审核" in said.out
    assert "nantong-2020" not in said.out
    row = next(line for line in said.out.splitlines() if "26¶3" in line and "TIME" in line)
    assert "limits[provider_answer] 答复时限 provider's answer" in row


def test_one_article_says_where_it_stands_in_the_code(shareflow: Run) -> None:
    said = shareflow("statute", "coverage", "nantong-2020", "--article", "27")
    assert said.code == 0
    assert "代码 code propose: procedures/share_request/dispute.py:propose" in said.out
    (statute,) = json.loads(shareflow("statute", "coverage", "nantong-2020", "--article", "27", "--json").out)[
        "statutes"
    ]
    assert {row["article"].partition("¶")[0] for row in statute["clauses"]} == {"27"}
    code = {each["what"]: each for row in statute["clauses"] for each in row["code"]}
    assert code["agree"]["functions"] == ["procedures/share_request/dispute.py:agree"]
    assert code["negotiation"]["entry"] == "domain/statutes/data/nantong-2020.yaml:negotiation"


def test_one_article_is_shown_whole_and_whole_texts_are_cut(shareflow: Run) -> None:
    every = json.loads(shareflow("statute", "coverage", "nantong-2020", "--json").out)["statutes"][0]["clauses"]
    long = [(row, code) for row in every for code in row["code"] if len(code["functions"]) > SHOWN_AT_MOST]
    assert long
    assert f"… {len(long[0][1]['functions'])}" in shareflow("statute", "coverage", "nantong-2020").out
    for row, code in long:
        said = shareflow("statute", "coverage", "nantong-2020", "--article", row["article"].partition("¶")[0])
        assert "…" not in said.out
        assert all(function in said.out for function in code["functions"])


def test_an_article_that_is_not_there(shareflow: Run) -> None:
    said = shareflow("statute", "coverage", "nantong-2020", "--article", "270")
    assert (said.code, said.out) == (1, "")
    assert said.err == "No row of the table is about article 270.\n"


def test_as_json(shareflow: Run) -> None:
    said = json.loads(shareflow("statute", "coverage", "--json").out)
    assert said["complete"] is True
    assert [x["statute"] for x in said["statutes"]] == own_statutes()
    for statute in said["statutes"]:
        rows = statute["clauses"]
        assert (statute["rows"], statute["unanswered"]) == (len(rows), 0)
        assert statute["by_rule"] == sum(any(row[key] for key in ("rule", "act", *KINDS)) for row in rows)
        assert statute["by_scenario"] == sum(bool(row["scenarios"]) for row in rows)
        assert statute["not_for_software"] == sum(row["not_for_software"] is not None for row in rows)
        assert all(row["quote"] and row["article"] and row["category"] for row in rows)


@pytest.mark.parametrize("overlay", sorted(packaged_overlays()))
def test_an_overlay_shows_what_gives_way(shareflow: Run, overlay: str) -> None:
    said = shareflow("statute", "coverage", overlay)
    assert said.code == 0
    assert "上位法取代 gives way to" in said.out
    [data] = json.loads(shareflow("statute", "coverage", overlay, "--json").out)["statutes"]
    assert any(row["gives_way_to"] for row in data["clauses"])


def test_an_unknown_statute_is_refused(shareflow: Run) -> None:
    assert "nantong-2020" in shareflow("statute", "coverage", "nantong").plainly_refused(1)


def test_a_clause_that_nothing_answers_is_told(shareflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "packaged_tables", _with_an_open_clause)
    said = shareflow("statute", "coverage", "yima-2021")
    assert said.code == 1
    assert "未作交代 missing" in said.out
    assert "is not complete" in said.err
    data = json.loads(shareflow("statute", "coverage", "--json").out)
    assert (data["complete"], sum(x["unanswered"] for x in data["statutes"])) == (False, 1)
    assert shareflow("statute", "coverage", "nantong-2020").code == 0


def _with_an_open_clause() -> Mapping[str, Table]:
    own = packaged_tables()["yima-2021"]
    opened = Row(article="26", category="STEP", quote="本办法自印发之日起施行")
    return {**packaged_tables(), "yima-2021": Table(statute="yima-2021", clauses=(*own.clauses, opened))}


def test_no_width_breaks_the_name_of_a_function(shareflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage_page, "console", lambda: Console(width=30))
    said = shareflow("statute", "coverage", "nantong-2020", "--article", "27")
    assert said.code == 0
    assert "procedures/share_request/dispute.py:propose  (propose, negotiation)" in said.out.splitlines()
