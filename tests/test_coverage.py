"""The table of clauses: complete, held to the statutes, to their sources and to the scenario files."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.statutes.errors import StatuteError, UnknownStatute
from domain.statutes.loader import get_statute, load_statute, packaged_overlays, packaged_statutes, packaged_texts
from starter.coverage.check import (
    against_extract,
    check_coverage,
    check_table,
    limits_against_extract,
    own_statutes,
)
from starter.coverage.references import resolve
from starter.coverage.standing import count, coverage_of
from starter.coverage.table import MUST_BE_CARRIED_OUT, Row, Table, load_table, packaged_table_texts, packaged_tables
from starter.scenarios import Scenario, read_scenario
from tests.coverage_table import DOCUMENT, document

SCENARIOS = Path(__file__).parent / "scenarios"
TEXTS = dict(packaged_table_texts())
NANTONG = TEXTS["nantong-2020.yaml"]


def test_the_table_is_complete_and_names_nothing_in_vain() -> None:
    assert check_coverage() == []
    assert set(packaged_tables()) == set(own_statutes())


def test_the_document_is_what_the_table_says() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run: python -m tests.coverage_table"


def test_each_kind_of_clause_and_all_articles_of_the_national_regulation_are_there() -> None:
    rows = [row for table in packaged_tables().values() for row in table.clauses]
    assert {row.category for row in rows} >= set(MUST_BE_CARRIED_OUT)
    assert sum(len(table.clauses) for id_, table in packaged_tables().items() if id_ != "cn-809-2025") == 187
    articles = {int(row.number) for row in packaged_tables()["cn-809-2025"].clauses}
    assert articles >= {3, 9, *range(11, 30), 31, 32, 34, 35, *range(37, 45)}


# Scenario files


def _named() -> Iterator[tuple[str, Row, str]]:
    for id_, table in packaged_tables().items():
        for row in table.clauses:
            for name in row.scenarios:
                yield id_, row, name


@pytest.mark.parametrize("statute", sorted(packaged_tables()))
def test_the_scenarios_of_the_table_are_there_and_of_the_text(statute: str) -> None:
    for id_, row, name in _named():
        if id_ != statute:
            continue
        file = SCENARIOS / f"{name}.yaml"
        assert file.is_file(), f"{statute}, article {row.article}: {name}"
        scenario = read_scenario(file)
        assert _is_of(scenario, statute), f"{statute}, article {row.article}: {name} is under {scenario.statute}"


def _is_of(scenario: Scenario, statute: str) -> bool:
    """Whether a scenario is played under a text, or under one in which that text is merged."""
    overlaid = packaged_overlays().get(scenario.statute)
    return statute == scenario.statute.partition("+")[0] or (overlaid is not None and overlaid.upper.id == statute)


@pytest.mark.parametrize("statute", sorted(packaged_tables()))
def test_every_limit_is_shown_by_a_whole_case(statute: str) -> None:
    for limit in packaged_statutes()[statute].limits:
        rows = [
            row
            for row in packaged_tables()[statute].clauses
            for reference in row.rule
            if ":" not in reference
            and any(part == limit for _, part in resolve(packaged_statutes()[statute], reference))
        ]
        clocks = [
            clock.id
            for row in rows
            for name in row.scenarios
            for clock in read_scenario(SCENARIOS / f"{name}.yaml").expect.clocks
        ]
        assert limit.clock in clocks, f"{statute}: no scenario of its row expects {limit.clock}"


# What a broken table meets


def _check(text: str) -> list[str]:
    return check_table(load_table(text, "nantong-2020.yaml"))


def _without(text: str, start: str, *keys: str) -> str:
    """The text without some keys of the row whose quote begins so; each key is one line."""
    head, quote, rest = text.partition(start)
    assert quote, start
    row, mark, others = rest.partition("\n  - article:")
    kept = [line for line in row.split("\n") if not line.strip().startswith(keys)]
    return head + quote + "\n".join(kept) + mark + others


ANSWER = "quote: 应在10个工作日内完成审核并填写授权意见"


def test_a_clause_that_says_nothing_is_noticed() -> None:
    words, cases = ("act:", "clock:"), ("scenarios:", "- nantong-2020/")
    for left_out, says in (
        (("rule:", *words, *cases), "names no rule, no scenario, and not why it is not for software"),
        (words, "names no command, event, limit, refusal, finding, duty, ground or step"),
        (cases, "names no scenario that shows it"),
    ):
        broken = _without(NANTONG, ANSWER, *left_out)
        assert any("article 22, TIME" in problem and says in problem for problem in _check(broken))
        table = load_table(broken, "nantong-2020.yaml")
        assert [row.quote for row in table.unanswered] == ["应在10个工作日内完成审核并填写授权意见"]


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("limits[completeness_check]", "limits[delivery]", "there is no “limits[delivery]”"),
        ("access.security", "access.safety", "there is no “safety”"),
        ("access.security", "Access!", "cannot be read"),
        ("access.security", "nantong-2021+809:access.security", "there is no “nantong-2021+809”"),
        ("access.security", "yima-2021+809:access.misuse", "has nothing of nantong-2020"),
        ("access_grant: [revoke]", "access_grant: [grant]", "grant, which is no command of access_grant there"),
        ("access_grant: [revoke]", "access_grant: [suspend]", "suspend, which is no command of access_grant there"),
        ("duty: [catalogue_survey]", "duty: [catalogue_poll]", "names the duty catalogue_poll, which is not there"),
        ("ground: [misuse]", "ground: [gossip]", "names the ground gossip, which is not there"),
        ("step: [handling]", "step: [gossip]", "names the step gossip, which is not there"),
        ("finding: [no_sealed", "finding: [no_wax", "names the finding no_wax_document, which is not there"),
        ('cited_as: ["33"]', 'cited_as: ["nantong-2021:33"]', "there is no “nantong-2021”"),
        ("limits[unused_access]", "access.unused", "no row of that clause names the rule"),
        ("quote: 应在1个月内完成资源发布", "quote: 应在1个月之内完成资源发布", "the table has no such clause"),
    ],
)
def test_what_is_not_there_is_noticed(was: str, becomes: str, says: str) -> None:
    assert was in NANTONG
    assert any(says in problem for problem in _check(NANTONG.replace(was, becomes, 1)))


def test_a_procedure_that_the_text_does_not_rule_is_noticed() -> None:
    text = TEXTS["cn-809-2025.yaml"].replace("act: {data_correction: [filed]}", "act: {demand: [filed]}", 1)
    problems = check_table(load_table(text, "cn-809-2025.yaml"))
    assert any("names demand, which the texts of the row do not rule" in problem for problem in problems)


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("statute: nantong-2020", "statute: yima-2021", "statute must be the file's name"),
        ("category: TIME", "category: TIMES", "category must be"),
        ("    category: TIME", "    kategory: TIME\n    category: TIME", "kategory is not a known key"),
        ("    act: {data_correction", "    act: {data_corection", "act"),
        ("    clock: [catalogue_update]", "    clock: [catalogue_upkeep]", "clock"),
        ('    cited_as: ["33"]', '    cited_as: ["§33"]', "cited_as"),
        ('article: "11"', 'article: "eleven"', "article"),
        (
            "    rule: [demand.not_ours]",
            "    rule: [demand.not_ours]\n    not_for_software: {zh: 否, en: no}",
            "not for software has no rule",
        ),
        ("clauses:\n", "clauses:\n" + 2 * '  - {article: "24", category: STEP, quote: 一二三四}\n', "stands twice"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_line(was: str, becomes: str, says: str) -> None:
    assert was in NANTONG
    with pytest.raises(StatuteError, match=r"nantong-2020\.yaml, line [0-9]+: ") as error:
        load_table(NANTONG.replace(was, becomes, 1), "nantong-2020.yaml")
    assert says in str(error.value)


def test_an_extract_that_differs_is_told() -> None:
    table = load_table(NANTONG, "nantong-2020.yaml")
    own = [
        {"seed": "NT", "article": row.article, "category": row.category, "quote": row.quote} for row in table.clauses
    ]
    assert list(against_extract(table, own)) == []
    other = {"seed": "NT", "article": "99", "category": "LIMIT", "quote": "不得如此"}
    elsewhere = {**other, "seed": "ZJ"}
    said = list(against_extract(table, [*own[1:], other, elsewhere]))
    assert [problem.partition(" ")[2][:40] for problem in said] == [
        "the table of clauses leaves out article 99, LIMIT “不得如此”"[:40],
        "the table of clauses has article 11, TIME"[:40],
    ]


def test_a_limit_other_than_the_extract_is_found(tmp_path: Path) -> None:
    table, text = packaged_tables()["changshu-2019"], dict(packaged_texts())["changshu-2019.yaml"]
    good = get_statute("changshu-2019")
    wrong = load_statute(text.replace("amount: 5", "amount: 10", 1), "changshu-2019.yaml")
    row = {"seed": "CS", "article": "19¶3", "category": "TIME", "limit": "5 WD", "quote": "提供部门应 5 个工作日内答复"}
    assert list(limits_against_extract(table, good, [row])) == []
    found = "changshu-2019: limits[0].amount is 10, the extract has 5."
    assert list(limits_against_extract(table, wrong, [row])) == [found]
    for other in ({"seed": "YM"}, {"article": "1"}, {"category": "STEP"}, {"limit": "—"}, {"quote": "别的"}):
        assert list(limits_against_extract(table, wrong, [row | other])) == []
    (tmp_path / "clauses.json").write_text(json.dumps([row | {"limit": "7 WD"}]), encoding="utf-8")
    assert "changshu-2019: limits[0].amount is 5, the extract has 7." in check_table(table, tmp_path)


SOURCES = Path(os.environ["SHAREFLOW_SOURCES"]) if os.environ.get("SHAREFLOW_SOURCES") else None
IN_EXTRACT = [table for table in packaged_tables().values() if table.in_extract]


@pytest.mark.skipif(SOURCES is None, reason="SHAREFLOW_SOURCES names no folder of source texts")
@pytest.mark.parametrize("table", IN_EXTRACT, ids=lambda table: table.statute)
def test_the_extract_knows_every_limit_of_the_local_texts(table: Table) -> None:
    assert SOURCES is not None
    rows = json.loads((SOURCES.parent / "clauses.json").read_text(encoding="utf-8"))
    statute = get_statute(table.statute)
    shifted = tuple(x.model_copy(update={"amount": x.amount + 1}) for x in statute.limits)
    problems = list(limits_against_extract(table, statute.model_copy(update={"limits": shifted}), rows))
    assert len(problems) == len(statute.limits)


# Overlays


@pytest.mark.parametrize("overlay", sorted(packaged_overlays()))
def test_under_an_overlay_the_rows_of_both_texts_stand(overlay: str) -> None:
    rows = coverage_of(overlay)
    local, upper = overlay.partition("+")[0], packaged_overlays()[overlay].upper.id
    both = [id_ for id_ in (local, upper) if id_ in packaged_tables()]
    assert [(x.statute, x.row) for x in rows] == [(id_, row) for id_ in both for row in packaged_tables()[id_].clauses]
    above = {clause.statute for x in rows for clause in x.gives_way_to}
    assert above <= set(packaged_statutes()[overlay].regulations)
    assert above, "nothing gives way"
    assert count(rows).unanswered == 0


def test_a_local_row_says_what_takes_its_place() -> None:
    update = next(x for x in coverage_of("nantong-2020+809") if x.row.quote.startswith("自对社会进行公布之日"))
    assert [(clause.statute, clause.article) for clause in update.gives_way_to] == [("cn-809-2025", "17")]
    answer = next(x for x in coverage_of("yima-2021+809") if x.row.quote.startswith("提供部门应在5个工作日"))
    assert answer.gives_way_to == ()


def test_an_unknown_text_has_no_table() -> None:
    with pytest.raises(UnknownStatute):
        coverage_of("nantong")
