"""What the files in deploy/ say of the program is so: commands, settings, ports, the user."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from cli.program import app
from configuration.settings import Settings, every_setting
from tests.deploy.conftest import DEPLOY

FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
VARIABLE = re.compile(r"\bSHAREFLOW_[A-Z_]+\b")
UNITS = sorted((DEPLOY / "systemd").glob("shareflow-*.service"))
COMMANDS = re.compile(r"/opt/shareflow/\.venv/bin/shareflow ((?:[a-z]+ ?)+)")
NAMED = {each.variable for each in every_setting()} | {each.file_variable for each in every_setting() if each.secret}
KNOWN = NAMED | {name.removesuffix("_FILE") for name in NAMED}
"""In the chart a secret that comes as a file alone is known by its name without that."""


def commands_in(path: Path) -> Iterator[str]:
    for found in COMMANDS.findall(path.read_text("utf-8")):
        yield found.strip()


def is_a_command(words: str) -> bool:
    at = get_command(app)
    for word in words.split():
        at = getattr(at, "commands", {}).get(word)
    return at is not None


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_that_is_named_is_one(path: Path) -> None:
    assert set(VARIABLE.findall(path.read_text("utf-8"))) - KNOWN == set()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_a_command_that_there_is_with_its_secrets_in_files(path: Path) -> None:
    unit = path.read_text("utf-8")
    found = [*commands_in(path)]
    assert found
    assert all(is_a_command(words) for words in found)
    named = set(re.findall(r"^Environment=SHAREFLOW_(?:DATABASE|MIGRATION)_URL(.*?)=%d/(\S+)$", unit, re.M))
    assert named
    assert {f"{how}" for how, _ in named} == {"_FILE"}
    loaded = set(re.findall(r"^LoadCredential=(\S+?):/etc/shareflow/credentials/\1$", unit, re.M))
    assert {credential for _, credential in named} <= loaded
    assert loaded == set(re.findall(r"=%d/(\S+)$", unit, re.M))


def test_a_command_that_there_is_not_is_found_out() -> None:
    assert is_a_command("admin migrate")
    assert not is_a_command("admin migrates")
    assert not is_a_command("works")


def test_compose_runs_commands_that_there_are_with_secrets_that_are_given() -> None:
    told = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text("utf-8"))
    for service in told["services"].values():
        assert is_a_command(" ".join(service["command"]))
        mounted = {f"/run/secrets/{name}" for name in service["secrets"]}
        files = {value for name, value in service["environment"].items() if name.endswith("_URL_FILE")}
        assert files <= mounted
        assert set(service["secrets"]) <= set(told["secrets"])
    wanted = set(re.findall(r"\$\{([A-Z_]+):\?\}", (DEPLOY / "compose/compose.yaml").read_text("utf-8")))
    given = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "compose/.env.example").read_text("utf-8"), re.M))
    assert wanted == given


def test_the_example_of_an_environment_can_be() -> None:
    lines = (DEPLOY / "systemd/shareflow.env.example").read_text("utf-8").splitlines()
    said = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    Settings(said).refuse_wrong_ones()
    assert not {each.variable for each in every_setting() if each.secret} & said.keys()


@pytest.mark.parametrize("name", ["observability.yaml", "temporal.yaml"])
def test_what_comes_beside_compose_fits_it_and_is_open_to_this_machine_alone(name: str) -> None:
    folder = DEPLOY / "compose"
    beside = yaml.safe_load((folder / name).read_text("utf-8"))
    told = yaml.safe_load((folder / "compose.yaml").read_text("utf-8"))
    own = {service for service, each in beside["services"].items() if "image" in each}
    assert beside["services"].keys() - own <= told["services"].keys()
    assert not own & told["services"].keys()
    for each in beside["services"].values():
        assert each.get("depends_on", {}).keys() <= beside["services"].keys()
        assert all(port.startswith("127.0.0.1:") for port in each.get("ports", ()))
        named = {volume.partition(":")[0] for volume in each.get("volumes", ())}
        assert {volume for volume in named if not volume.startswith(".")} <= beside.get("volumes", {}).keys()
        assert all((folder / path).exists() for path in named if path.startswith(".."))


def test_prometheus_asks_compose_where_it_tells_figures() -> None:
    folder = DEPLOY / "compose"
    scraped = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text("utf-8"))["scrape_configs"]
    asked = {name: found["port"] for job in scraped for found in job["dns_sd_configs"] for name in found["names"]}
    ports = {"api": "SHAREFLOW_API_HEALTH_PORT", "worker": "SHAREFLOW_HEALTH_PORT"}
    assert asked.keys() == ports.keys()
    told, beside = (
        yaml.safe_load((folder / name).read_text("utf-8"))["services"]
        for name in ("compose.yaml", "observability.yaml")
    )
    for name, port in asked.items():
        environment = told[name]["environment"] | beside[name]["environment"]
        assert environment[ports[name]] == str(port)
        assert environment["SHAREFLOW_HEALTH_HOST"] == "0.0.0.0"
