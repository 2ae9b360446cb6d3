"""``shareflow calendar``."""

import json
import subprocess
import sys
from datetime import date, timedelta

import pytest

from tests.cli.conftest import Run

WORKED = [
    ("2026-09-18", "--working-days", 5, "2026-09-24"),
    ("2026-09-30", "--working-days", 10, "2026-10-20"),
    ("2026-02-13", "--working-days", 1, "2026-02-14"),
    ("2026-02-14", "--working-days", 1, "2026-02-24"),
    ("2025-12-31", "--working-days", 1, "2026-01-04"),
    ("2026-04-30", "--working-days", 10, "2026-05-18"),
    ("2024-09-30", "--working-days", 5, "2024-10-12"),
    ("2026-11-21", "--working-days", 1, "2026-11-23"),
    ("2020-01-22", "--working-days", 5, "2020-02-06"),
    ("2018-12-28", "--working-days", 1, "2018-12-29"),
    ("2026-01-31", "--months", 1, "2026-02-28"),
    ("2025-12-31", "--months", 1, "2026-02-02"),
    ("2026-09-01", "--months", 1, "2026-10-08"),
]


@pytest.mark.parametrize(("start", "option", "amount", "due"), WORKED)
def test_worked_examples(shareflow: Run, start: str, option: str, amount: int, due: str) -> None:
    said = shareflow("calendar", "due", "--from", start, option, amount, "--json")
    answer = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert answer.keys() == {"from", "due_date", "due_at", "provisional", "calendar_edition", "editions", "known_from"}
    assert (answer["from"], answer["due_date"], answer["provisional"]) == (start, due, False)
    assert answer["due_at"] == f"{date.fromisoformat(due) + timedelta(days=1)}T00:00:00+08:00"


@pytest.mark.parametrize(
    ("start", "known", "due", "provisional", "editions"),
    [
        ("2020-01-22", "2020-01-25", "2020-02-04", False, ["2020"]),
        ("2020-01-22", "2020-01-26", "2020-02-06", False, ["2020", "2020-amended"]),
        ("2018-12-25", "2018-12-05", "2019-01-02", True, ["2018"]),
        ("2026-12-30", None, "2027-01-07", True, ["2026"]),
    ],
)
def test_what_was_known(
    shareflow: Run, start: str, known: str | None, due: str, provisional: bool, editions: list[str]
) -> None:
    options = ["--as-known-on", known] if known else []
    said = shareflow("calendar", "due", "--from", start, "--working-days", 5, *options, "--json")
    answer = json.loads(said.out)
    assert answer["provisional"] is provisional
    assert answer["editions"] == editions
    assert answer["calendar_edition"] == editions[-1]
    assert answer["due_date"] == due


def test_due_for_people(shareflow: Run) -> None:
    said = shareflow("calendar", "due", "--from", "2026-09-30", "--working-days", "10")
    assert "2026-10-20" in said.out
    assert "provisional  no" in said.out


def test_explain_says_why_each_day_counts(shareflow: Run) -> None:
    arguments = ("calendar", "explain", "--from", "2026-09-30", "--working-days", "10")
    answer = json.loads(shareflow(*arguments, "--json").out)
    days = {row["date"]: row for row in answer["days"]}
    assert answer["due_date"] == "2026-10-20"
    assert next(iter(days)) == "2026-09-30"
    assert list(days)[-1] == "2026-10-20"
    assert not days["2026-09-30"]["counts"]
    assert days["2026-10-01"]["code"] == "festival"
    assert (days["2026-10-10"]["code"], days["2026-10-10"]["number"]) == ("make_up", 3)
    assert sum(row["counts"] for row in days.values()) == 10
    assert all(row["why"] and row["why_zh"] for row in days.values())
    text = shareflow(*arguments).out
    assert "国庆节" in text
    assert "National Day" in text


def test_list_names_notices_and_provisional_years(shareflow: Run) -> None:
    listed = json.loads(shareflow("calendar", "list", "--json").out)
    editions = {row["id"]: row for row in listed["editions"]}
    assert editions["2020-amended"]["amends"] == "2020"
    assert editions["2020-amended"]["published"] == "2020-01-26"
    assert all(row["notice"].startswith("http") for row in editions.values())
    assert listed["provisional_years"][0] == 2027
    text = shareflow("calendar", "list").out
    assert "2027-2099" in text
    assert editions["2026"]["notice"] in text


DUE = ("calendar", "due", "--from", "2026-09-30")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (DUE, "either --working-days or --months"),
        ((*DUE, "--working-days", "1", "--months", "1"), "only one of them"),
        ((*DUE, "--working-days", "0"), "--working-days"),
        ((*DUE, "--working-days", "-1"), "--working-days"),
        ((*DUE, "--months", "-1"), "--months"),
        ((*DUE, "--working-days", "1.5"), "whole number"),
        ((*DUE, "--working-days", "five"), "“five”"),
        ((*DUE, "--working-days", ""), "--working-days"),
        ((*DUE, "--working-days", "1_0"), "whole number"),
        ((*DUE, "--working-days", "５"), "whole number"),
        ((*DUE, "--working-days", "9" * 5000), "whole number"),
        ((*DUE, "--working-days", "100000"), "2099-12-31"),
        ((*DUE, "--months", "100000"), "2099-12-31"),
        ((*DUE, "--months", "1", "--as-known-on", "soon"), "--as-known-on"),
        ((*DUE, "--months", "1", "--as-known-on", "1970-01-01"), "1970-01-01"),
        ((*DUE, "--months", "1", "--as-known-on", "2100-01-01"), "2100-01-01"),
        (("calendar", "due", "--working-days", "1"), "--from"),
        (("calendar", "due", "--from", "1970-01-01", "--working-days", "1"), "1970-01-01"),
        (("calendar", "due", "--from", "2100-01-01", "--working-days", "1"), "2100-01-01"),
        (("calendar", "due", "--from", "2026-02-30", "--working-days", "1"), "“2026-02-30”"),
        (("calendar", "due", "--from", "20260930", "--working-days", "1"), "must be a date"),
        (("calendar", "due", "--from", "2026-09-30T00:00", "--working-days", "1"), "must be a date"),
        (("calendar", "due", "--from", "二〇二六", "--working-days", "1"), "must be a date"),
        (("calendar", "due", "--from", "2026-09-30\nx", "--working-days", "1"), "must be a date"),
        (("calendar", "explain", "--from", "", "--months", "1"), "must be a date"),
        (("calendar", "explain", *DUE[2:], "--years", "1"), "No such option"),
        (("calendar", "list", "all"), "all"),
        (("calendar", "when"), "when"),
    ],
)
def test_bad_input_is_one_sentence(shareflow: Run, arguments: tuple[str, ...], says: str) -> None:
    assert says in shareflow(*arguments).plainly_refused()


def test_what_only_servers_need_is_not_loaded_to_answer_a_question() -> None:
    heavy = {"alembic", "fastapi", "httpx", "sqlalchemy", "temporalio", "uvicorn"}
    program = (
        "import sys; from cli.program import app\n"
        f"app({[*DUE, '--working-days', '10']!r}, standalone_mode=False)\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
