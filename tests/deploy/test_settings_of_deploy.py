"""What the files in deploy/ say of the program is so: commands, settings, ports, the user."""

import re
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
import yaml
from temporalio.envconfig import ClientConfigProfile
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

DATABASE, OWNER, LOG_KEY = "SHAREFLOW_DATABASE_URL_FILE", "SHAREFLOW_MIGRATION_URL_FILE", "SHAREFLOW_LOG_KEY"
NEEDED = {
    "api": {DATABASE, LOG_KEY},
    "worker": {DATABASE, LOG_KEY},
    "admin setup": {DATABASE},
    "admin release": {DATABASE},
    "admin migrate": {OWNER},
    "admin backup": {OWNER},
}
"""The secrets that each process needs, by its command: the API seals dossiers, and a backup goes past any pooler."""


def assert_given_what_it_needs(commands: Collection[str], given: Collection[str]) -> None:
    """Each process has its secrets, and none has the log's key or the owner's address that does not need it."""
    needed = {name for command in commands for name in NEEDED[command]}
    assert needed <= {*given}, commands
    assert not ({OWNER, LOG_KEY} & {*given}) - needed, commands


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
    assert {how for how, _ in named} == {"_FILE"}
    loaded = set(re.findall(r"^LoadCredential=(\S+?):/etc/shareflow/credentials/\1$", unit, re.M))
    assert {credential for _, credential in named} <= loaded
    assert loaded == set(re.findall(r"=%d/(\S+)$", unit, re.M))
    assert_given_what_it_needs(found, re.findall(r"^Environment=(\S+?)=%d/", unit, re.M))


def test_a_command_that_there_is_not_is_found_out() -> None:
    assert is_a_command("admin migrate")
    assert not is_a_command("admin migrates")
    assert not is_a_command("works")


def test_compose_runs_commands_that_there_are_with_secrets_that_are_given() -> None:
    told = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text("utf-8"))
    for service in told["services"].values():
        command = " ".join(word for word in service["command"] if word.isalpha())
        assert is_a_command(command)
        mounted = {f"/run/secrets/{name}" for name in service["secrets"]}
        files = {name: value for name, value in service["environment"].items() if value.startswith("/run/secrets/")}
        assert {*files.values()} == mounted
        assert_given_what_it_needs([command], files)
        assert set(service["secrets"]) <= set(told["secrets"])
    wanted = set(re.findall(r"\$\{([A-Z_]+):\?\}", (DEPLOY / "compose/compose.yaml").read_text("utf-8")))
    given = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "compose/.env.example").read_text("utf-8"), re.M))
    assert wanted == given


def test_the_example_of_an_environment_can_be() -> None:
    lines = (DEPLOY / "systemd/shareflow.env.example").read_text("utf-8").splitlines()
    said = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    Settings(said).refuse_wrong_ones()
    assert not {each.variable for each in every_setting() if each.secret} & said.keys()


def test_each_line_for_temporal_tells_its_client_something() -> None:
    lines = (DEPLOY / "systemd/shareflow.env.example").read_text("utf-8").splitlines()
    said = dict(line.split("=", 1) for line in lines if line.startswith("TEMPORAL_"))
    told = ClientConfigProfile.load(disable_file=True, override_env_vars=said)
    for name in said:
        others = {key: value for key, value in said.items() if key != name}
        assert ClientConfigProfile.load(disable_file=True, override_env_vars=others) != told, name


def test_units_name_units_that_there_are() -> None:
    there = {path.name for path in (DEPLOY / "systemd").iterdir()}
    for path in (path for path in (DEPLOY / "systemd").glob("shareflow*.*") if path.is_file()):
        named = re.findall(r"\bshareflow[\w.@-]*\.(?:service|socket|target|timer)\b(?!\.d)", path.read_text("utf-8"))
        assert {re.sub(r"@\d", "@", name) for name in named} <= there, path.name


def test_each_service_of_compose_waits_for_services_that_there_are() -> None:
    services = yaml.safe_load((DEPLOY / "compose/compose.yaml").read_text("utf-8"))["services"]
    for service in services.values():
        assert service.get("depends_on", {}).keys() <= services.keys()
    api = services["api"]
    assert f":{api['environment']['SHAREFLOW_API_HEALTH_PORT']}/readyz" in api["healthcheck"]["test"][-1]


def test_the_image_is_built_of_what_there_is_and_runs_as_nobody_on_any_base() -> None:
    told = (DEPLOY / "image/Containerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in told.splitlines() if line and not line.startswith("#")]
    assert [words for word, words in lines if word == "FROM"] == ["${BASE} AS built", "${BASE}"]
    assert [words for word, words in lines if word == "USER"] == ["10001:10001"]
    assert dict(lines)["ENTRYPOINT"] == '["shareflow"]'
    copied = {name for word, words in lines if word == "COPY" and "--from" not in words for name in words.split()[:-1]}
    assert all((DEPLOY.parent / name).exists() for name in copied)
    (locked,) = [words for word, words in lines if word == "RUN" and "-r " in words]
    assert "--require-hashes -r requirements.lock" in locked
    assert "deploy/requirements.lock" in copied


def locked_in(lock: Path) -> dict[str, tuple[str, set[str]]]:
    """The version and the digests of each distribution, by its name."""
    entries = re.split(r"^(?=\w)", lock.read_text("utf-8"), flags=re.M)[1:]
    found = [re.match(r"([\w.-]+)==([^ ;]+)", entry) for entry in entries]
    return {
        name[1]: (name[2], set(re.findall(r"--hash=(\S+)", entry)))
        for name, entry in zip(found, entries, strict=True)
        if name is not None
    }


def test_production_gets_what_the_engine_needs_in_the_versions_that_tests_ran_with() -> None:
    project = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text("utf-8"))
    extras, named = project["project"]["optional-dependencies"], re.compile(r"[\w.-]+")

    def names(requirements: list[str]) -> set[str]:
        return {match[0].lower() for each in requirements if (match := named.match(each))}

    whole, ours = locked_in(DEPLOY.parent / "requirements.lock"), locked_in(DEPLOY / "requirements.lock")
    assert ours.keys() - whole.keys() == set()
    for name, (version, digests) in ours.items():
        assert (name, version) == (name, whole[name][0])
        assert digests & whole[name][1], name
    needed = names([*project["project"]["dependencies"], *extras["engine"], *extras["otel"]])
    builds = names(project["build-system"]["requires"])
    assert builds == names(project["dependency-groups"]["build"])
    assert (needed | builds) - ours.keys() == set()
    assert names(extras["dev"]) & ours.keys() == builds, "what only tests need is not there"
    assert len(ours) < 0.7 * len(whole)


def test_what_is_named_by_version_is_of_this_one() -> None:
    project = (DEPLOY.parent / "pyproject.toml").read_text("utf-8")
    named = re.findall(r"^IMAGE=shareflow:(.+)$", (DEPLOY / "compose/.env.example").read_text("utf-8"), re.M)
    assert named == re.findall(r'^version = "(.+)"$', project, re.M)


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
