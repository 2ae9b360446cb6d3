"""Each alert is on figures that there are, and has a page that says what to do."""

import re

import httpx
import yaml

from tests.deploy.conftest import DEPLOY

RULES = yaml.safe_load((DEPLOY / "prometheus/rules.yml").read_text("utf-8"))["groups"][0]["rules"]
RUNBOOKS = {path.stem: path.read_text("utf-8") for path in (DEPLOY / "runbooks").glob("*.md")}
METRIC = re.compile(r"\bshareflow_\w+")


async def test_every_alert_is_on_figures_that_a_scrape_has(api: httpx.AsyncClient) -> None:
    await api.get("/v1/requests")
    told = set(re.findall(r"^(shareflow_\w+)", (await api.get("/metrics")).text, re.M))
    asked = {name for rule in RULES for name in METRIC.findall(rule["expr"])}
    assert asked
    assert asked <= told


def test_every_alert_has_its_page_and_no_page_is_of_none() -> None:
    assert {rule["alert"] for rule in RULES} == RUNBOOKS.keys()
    for name, page in RUNBOOKS.items():
        assert page.startswith(f"# {name}\n")
        assert re.search(r"^1\. ", page, re.M), f"{name} says no first step"
