"""docs/scale.md: its table is what its figures and its assumption give, and its figures are those of the README."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAPER = (ROOT / "docs/scale.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
SIZES = ("a county", "a city", "a province", "the country")
SECONDS = 250 * 8 * 3600
"""Of working time in a year."""
BUSIEST = 10
"""Times the mean, in the busiest hour."""
UNITS = {"MB": 1e6, "GB": 1e9, "s": 1, "min": 60, "h": 3600, "days": 86400}
CLOSE = 0.2
"""The table has one or two digits, and no less than a thousandth."""


def cells(row: str) -> list[str]:
    (line,) = re.findall(rf"^\| {re.escape(row)}[^|]*\|(.*)\|$", PAPER, re.M)
    return [cell.strip() for cell in line.split("|")]


def number(text: str) -> float:
    """The largest number of a cell that names a range, in bytes or seconds where it has a unit."""
    found = re.findall(r"([\d.,]*\d)(?: (\w+))?", text)
    return max(float(digits.replace(",", "")) * UNITS.get(unit, 1) for digits, unit in found)


CASES = [number(cell) for cell in cells("cases a year")]
A_CASE = {
    "history": number(cells("history in Temporal")[0]) * 1e3,
    "ledger": number(cells("ledger, tables and indexes")[0]) * 1e3,
    "cpu": number(cells("processor time")[0].rpartition(" to ")[2]),
    "dossier": number(cells("checking its dossier")[0].replace("ms", "")) / 1e3,
    "clock": 0.04,
}
OPEN = [cases * 20 / 250 for cases in CASES]
A_SECOND = [cases / SECONDS * BUSIEST for cases in CASES]
ROWS = {
    "cases a second in working hours": A_SECOND,
    "messages a second": [5 * each for each in A_SECOND],
    "transitions of state": [50 * each for each in A_SECOND],
    "cores in the busiest hour": [each * A_CASE["cpu"] for each in A_SECOND],
    "history kept for 90 days": [cases * 90 / 365 * A_CASE["history"] for cases in CASES],
    "ledger a year": [cases * A_CASE["ledger"] for cases in CASES],
    "archive a year": [cases * A_CASE["history"] / 5 for cases in CASES],
    "open at once": OPEN,
    "a calendar published": [each * A_CASE["clock"] for each in OPEN],
    "all dossiers of a year": [cases * A_CASE["dossier"] for cases in CASES],
}


@pytest.mark.parametrize("row", ROWS)
def test_each_size_is_what_multiplication_gives(row: str) -> None:
    told = [number(cell) for cell in cells(row)]
    assert len(told) == len(SIZES)
    for size, said, counted in zip(SIZES, told, ROWS[row], strict=True):
        assert said == pytest.approx(counted, rel=CLOSE, abs=0.001) or said == float(f"{counted:.1g}"), size


@pytest.mark.parametrize(
    ("row", "printed_as"),
    [("history in Temporal", "engine history_bytes_per_case"), ("ledger, tables", "engine ledger_bytes_per_case")],
)
def test_what_a_case_costs_is_what_the_readme_has(row: str, printed_as: str) -> None:
    (said,) = re.findall(rf"^\|[^|]*\| ([\d,]+) \| `{printed_as}` \|$", README, re.M)
    assert number(cells(row)[0]) * 1e3 == pytest.approx(number(said), rel=0.01)


def test_pages_and_lists_take_what_the_readme_has() -> None:
    (growth,) = re.findall(r"^\|[^|]*\| ([^|]+); [^|]*\| `lists worklist_growth`", README, re.M)
    times = [float(each) for each in re.findall(r"[\d.]+", growth)]
    assert f"{min(times)} to {max(times)} times what they take among 10,000" in PAPER
    (pages,) = re.findall(r"^\|[^|]*\| ([^|]+)\. \d+ ms at most \| `lists page", README, re.M)
    slowest = max(int(each) for each in re.findall(r"\d+", pages))
    assert f"over 100,000 cases take {slowest} ms at most" in PAPER


def test_every_figure_of_a_case_is_one_that_the_bench_prints() -> None:
    table = PAPER.partition("## What a case costs")[2].partition("\n## ")[0]
    bench = "".join(path.read_text("utf-8") for path in sorted((ROOT / "bench").glob("*.py")))
    for group, name in re.findall(r"`(\w+) ([a-z_]+)(?:\d+)?`", table):
        assert (ROOT / f"bench/{group}.py").exists(), group
        assert re.search(rf"\b{name}|_a_message", bench), name
