"""What must hold of images and compose together: told versions, ports of this machine alone, nothing to spare."""

import re
from datetime import timedelta
from ipaddress import ip_address, ip_network
from itertools import chain
from typing import Any

import pytest
import yaml

from api.serving import DRAIN_SECONDS
from tests.deploy.conftest import DEPLOY
from worker.building import SHUTDOWN_SECONDS

COMPOSE = DEPLOY / "compose"
READ = {path.name: yaml.safe_load(path.read_text("utf-8")) for path in sorted(COMPOSE.glob("*.yaml"))}
OWN = READ["compose.yaml"]["services"]
FULL = re.compile(
    r"[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?/[a-z0-9._/-]+:v?\d+(\.\d+){1,2}(-[a-z0-9.-]+)?(@sha256:[0-9a-f]{64})?"
)
"""An image by registry and version. The digests are known to the registry alone, which cannot be asked where this is
tested: who mirrors an image may add its own, and nothing less than a version is taken."""
TEMPORAL_NEEDED = (1, 29, 1)
TEMPORAL_IS_TOLD = {
    "DB", "DB_PORT", "DBNAME", "VISIBILITY_DBNAME", "POSTGRES_SEEDS", "POSTGRES_USER", "POSTGRES_PWD", "BIND_ON_IP",
    "NUM_HISTORY_SHARDS", "DYNAMIC_CONFIG_FILE_PATH",
}  # fmt: skip
"""Of what the configuration in Temporal's image asks its environment for, what is used here."""
STORE = {
    "createDatabase", "manageSchema", "pluginName", "driverName", "databaseName", "connectAddr", "connectProtocol",
    "user", "existingSecret", "secretKey", "maxConns", "maxIdleConns", "maxConnLifetime",
}  # fmt: skip
"""Of what Temporal's chart 1.6 knows of a store on SQL, what is said here; Helm lets pass what it does not know."""
PLUGINS = {"postgres12", "postgres12_pgx"}
"""The stores on PostgreSQL that Temporal's server and tools know."""


def services() -> list[tuple[str, str, dict[str, Any]]]:
    """Each container that is begun here: its file, its name, and what is said of it."""
    return [
        (file, name, each) for file, told in READ.items() for name, each in told["services"].items() if "image" in each
    ]


def ended() -> set[str]:
    """The services that others wait for until they have ended."""
    waiting = [each.get("depends_on", {}) for told in READ.values() for each in told["services"].values()]
    until = {name: how["condition"] for each in waiting for name, how in each.items()}
    return {name for name, condition in until.items() if condition == "service_completed_successfully"}


def images() -> dict[str, str]:
    """The image that each takes unless it is told another; of our own there is none to name."""
    found = {name: re.sub(r"^\$\{\w+:-(.*)\}$", r"\1", each["image"]) for _, name, each in services()}
    base = re.findall(r"^ARG BASE=(.*)$", (DEPLOY / "image/Containerfile").read_text("utf-8"), re.M)
    named = {name: image for name, image in found.items() if image != "${IMAGE:?}"}
    return named | {f"base {number}": image for number, image in enumerate(base)}


@pytest.mark.parametrize(("name", "image"), images().items(), ids=images().keys())
def test_an_image_is_named_by_registry_and_version(name: str, image: str) -> None:
    assert FULL.fullmatch(image), name
    assert "auto-setup" not in image, "it is no longer made, and sets its schema up anew"


@pytest.mark.parametrize(
    "image", ["prom/prometheus:v2.53.2", "docker.io/prom/prometheus:latest", "docker.io/x/python:3"]
)
def test_an_image_that_may_be_another_tomorrow_is_found_out(image: str) -> None:
    assert not FULL.fullmatch(image)


def test_temporals_server_and_its_tools_are_of_one_version_that_knows_builds() -> None:
    versions = {name: image.rpartition(":")[2] for name, image in images().items()}
    assert versions["temporal"] == versions["temporal-schema"]
    assert tuple(map(int, versions["temporal"].split("."))) >= TEMPORAL_NEEDED
    page = (DEPLOY / "README.md").read_text("utf-8")
    assert f"| Temporal server | {'.'.join(map(str, TEMPORAL_NEEDED))} or newer" in page


@pytest.mark.parametrize(("file", "name", "each"), services(), ids=[name for _, name, _ in services()])
def test_a_container_has_nothing_to_spare(file: str, name: str, each: dict[str, Any]) -> None:
    assert each["cap_drop"] == ["ALL"]
    assert each["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "user", "devices"} & each.keys()
    assert all(port.startswith("127.0.0.1:") for port in each.get("ports", ()))
    assert each.get("read_only") is True or file == "temporal.yaml", (
        "Temporal's images write beside their configuration"
    )
    assert each["restart"] == ("no" if name in ended() or each.get("profiles") else "unless-stopped")


def test_each_process_has_time_to_end_what_it_has_begun() -> None:
    told = {name: OWN[name]["stop_grace_period"].removesuffix("s") for name in ("api", "worker")}
    grace = {name: timedelta(seconds=int(seconds)) for name, seconds in told.items()}
    unready = int(OWN["api"]["environment"]["SHAREFLOW_API_UNREADY"])
    assert grace["api"] >= 2 * timedelta(seconds=unready + DRAIN_SECONDS)
    assert grace["worker"] > timedelta(seconds=SHUTDOWN_SECONDS)


def test_the_proxy_that_is_believed_is_the_bridge_of_this_network() -> None:
    """The proxy is on the machine: it comes through the gateway, and no container is one."""
    (told,) = READ["compose.yaml"]["networks"]["default"]["ipam"]["config"]
    believed = OWN["api"]["environment"]["SHAREFLOW_TRUSTED_PROXIES"]
    assert ip_address(believed) == ip_address(told["gateway"])
    assert ip_address(told["gateway"]) in ip_network(told["subnet"])


def test_temporal_is_told_what_it_asks_for() -> None:
    told = READ["temporal.yaml"]["services"]["temporal"]["environment"]
    assert told.keys() <= TEMPORAL_IS_TOLD
    mounted = {volume.split(":")[1] for volume in READ["temporal.yaml"]["services"]["temporal"]["volumes"]}
    assert told["DYNAMIC_CONFIG_FILE_PATH"] in mounted
    schema = READ["temporal.yaml"]["services"]["temporal-schema"]
    assert {*schema["entrypoint"][1:]} <= {volume.split(":")[1] for volume in schema["volumes"]}


def test_temporals_store_is_one_in_all_files_and_large_enough_for_ever() -> None:
    """The number of shards can never be changed: a power of two, and no fewer than a city grows into."""
    compose = READ["temporal.yaml"]["services"]["temporal"]["environment"]
    chart = yaml.safe_load((DEPLOY / "helm/temporal-values.yaml").read_text("utf-8"))["server"]["config"]["persistence"]
    shards = {int(compose["NUM_HISTORY_SHARDS"]), int(chart["numHistoryShards"])}
    (number,) = shards
    assert number >= 512
    assert number.bit_count() == 1
    by_tool = re.findall(r"--plugin (\S+)", (DEPLOY / "temporal/setup-schema.sh").read_text("utf-8"))
    of_chart = [each["sql"][name] for each in chart["datastores"].values() for name in ("pluginName", "driverName")]
    (plugin,) = {compose["DB"], *by_tool, *of_chart}
    assert plugin in PLUGINS


def test_who_is_named_in_prometheus_is_a_container_and_its_port() -> None:
    told = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text("utf-8"))
    targets = chain.from_iterable(
        config["targets"] for each in told["alerting"]["alertmanagers"] for config in each["static_configs"]
    )
    there = {f"{name}:{port.split(':')[-1]}" for _, name, each in services() for port in each.get("ports", ())}
    assert {*targets} <= there
    addresses = re.findall(r'url: "http://([^"]+)"', READ["observability.yaml"]["configs"]["datasources"]["content"])
    assert addresses
    assert {*addresses} <= there


def test_temporals_chart_is_told_words_that_it_knows_and_closes_every_door() -> None:
    told = yaml.safe_load((DEPLOY / "helm/temporal-values.yaml").read_text("utf-8"))["server"]
    for each in told["config"]["persistence"]["datastores"].values():
        assert each["sql"].keys() <= STORE
        assert each["sql"]["connectProtocol"] == "tcp"
    for side in ("internode", "frontend"):
        assert told["tls"][side]["enabled"] is True
        assert told["tls"][side]["secretName"]
        assert told["tls"][side]["serverName"]
