"""Each alert and each picture is on figures that there are; each alert has a page that says what to do."""

import json
import logging
import re
from itertools import combinations
from typing import Any

import httpx
import pytest
import yaml

from configuration.logs import _ForMachines
from tests.deploy.conftest import DEPLOY

RULES = yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text("utf-8"))["groups"][0]["rules"]
RUNBOOKS = {path.stem: path.read_text("utf-8") for path in (DEPLOY / "runbooks").glob("*.md")}
BOARD = json.loads((DEPLOY / "grafana/shareflow.json").read_text("utf-8"))
METRIC = re.compile(r"\bshareflow_\w+")
DOCUMENT = DEPLOY.parent / "docs/operations.md"


def drawn() -> list[str]:
    """What the pictures of the dashboard, and what it lets one choose from, ask for."""
    chosen = [each["query"]["query"] for each in BOARD["templating"]["list"] if each["type"] == "query"]
    return [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]] + chosen


@pytest.fixture
async def told(api: httpx.AsyncClient, request: pytest.FixtureRequest) -> dict[str, str]:
    """The figures of a live scrape, each with its type; of some there is nothing to tell in a new ledger."""
    request.getfixturevalue("figures_here")
    await api.get("/v1/requests")
    found = re.findall(r"^# TYPE (shareflow_\w+) (\w+)$", (await api.get("/metrics")).text, re.M)
    return {name: kind for name, kind in found if not name.endswith("_created")}


def series(told: dict[str, str]) -> set[str]:
    parts = {"histogram": ("_bucket", "_sum", "_count")}
    return {f"{name}{part}" for name, kind in told.items() for part in parts.get(kind, ("",))}


@pytest.mark.parametrize("asked", [[rule["expr"] for rule in RULES], drawn()], ids=["alerts", "pictures"])
async def test_what_is_asked_for_is_on_figures_that_a_scrape_has(told: dict[str, str], asked: list[str]) -> None:
    names = {name for expression in asked for name in METRIC.findall(expression)}
    assert all(METRIC.search(expression) or "up{job=" in expression for expression in asked)
    assert names - series(told) == set()


def test_alerts_go_by_jobs_that_prometheus_is_given() -> None:
    """An alert on the absence of a job that is called otherwise would be raised for ever, or never."""
    given = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    missed = re.findall(r'absent\(\w+\{job="([^"]+)"\}\)', "\n".join(rule["expr"] for rule in RULES))
    assert sorted(missed) == sorted(each["job_name"] for each in given)


async def test_every_figure_of_a_scrape_is_in_a_picture(told: dict[str, str]) -> None:
    names = {name for expression in drawn() for name in METRIC.findall(expression)}
    assert {name for name in told if not any(each.startswith(name) for each in names)} == set()


async def test_the_document_names_every_figure_and_no_other(told: dict[str, str]) -> None:
    named = set(re.findall(r"^\| `(shareflow_\w+)", DOCUMENT.read_text("utf-8"), re.M))
    assert named == told.keys()


def test_pictures_lie_side_by_side_and_ask_whom_one_chooses() -> None:
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
    for one, other in combinations([panel["gridPos"] for panel in BOARD["panels"]], 2):
        assert not (_overlap(one, other, "x", "w") and _overlap(one, other, "y", "h"))
    variables = {each["name"] for each in BOARD["templating"]["list"]}
    for panel in BOARD["panels"]:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        for asked in (panel, *panel["targets"]):
            assert asked["datasource"]["uid"] == "${datasource}"
    assert "datasource" in variables
    used = {name for expression in drawn() for name in re.findall(r"\$(\w+)", expression)}
    assert used - {"__rate_interval"} <= variables


def _overlap(one: dict[str, Any], other: dict[str, Any], start: str, size: str) -> bool:
    return one[start] < other[start] + other[size] and other[start] < one[start] + one[size]


def test_what_the_page_of_errors_has_one_look_for_is_in_the_log() -> None:
    (wanted,) = re.findall(r"grep -E '([^']+)'", RUNBOOKS["ShareflowErrors"])
    for level, found in ((logging.WARNING, True), (logging.ERROR, True), (logging.INFO, False)):
        line = _ForMachines().format(logging.LogRecord("shareflow", level, "", 0, "said", None, None))
        assert bool(re.search(wanted, line)) == found


def test_every_alert_has_its_page_and_no_page_is_of_none() -> None:
    assert {rule["alert"] for rule in RULES} == RUNBOOKS.keys()
    for name, page in RUNBOOKS.items():
        assert page.startswith(f"# {name}\n")
        assert re.search(r"^1\. ", page, re.M), f"{name} says no first step"
