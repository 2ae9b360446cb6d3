"""What must hold of the chart's resources together: ports, claims, keys and times that fit each other.

Not among the tests that ``make test`` collects: ``make check-deploy``, as ``tests/deploy/with_kubernetes.py``.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from api.serving import DRAIN_SECONDS
from tests.deploy.with_kubernetes import VALUES, Resource, containers, pods, rendered, values_of
from worker.building import SHUTDOWN_SECONDS


@pytest.fixture(scope="module", params=VALUES)
def resources(request: pytest.FixtureRequest) -> list[Resource]:
    return rendered(values_of(request.param))


def of_kind(resources: list[Resource], kind: str) -> Iterator[Resource]:
    yield from (each for each in resources if each["kind"] == kind)


def staying(resources: list[Resource]) -> Iterator[Resource]:
    """The templates of pods that run for long."""
    yield from (
        each["spec"]["template"]
        for each in resources
        if each["kind"] in ("Deployment", "WorkerDeployment") and "containers" in each["spec"]["template"]["spec"]
    )


def ports_of(resources: list[Resource], labels: Resource) -> dict[str, int]:
    """The ports, by name, that every pod that stays and has those labels opens."""
    chosen = [each for each in staying(resources) if labels.items() <= each["metadata"]["labels"].items()]
    assert chosen, labels
    found = [
        {port["name"]: port["containerPort"] for container in each["spec"]["containers"] for port in container["ports"]}
        for each in chosen
    ]
    return {name: number for name, number in found[0].items() if all(name in each for each in found)}


def test_a_service_and_an_ingress_lead_to_ports_that_are_open(resources: list[Resource]) -> None:
    services = {each["metadata"]["name"]: each["spec"] for each in of_kind(resources, "Service")}
    assert services
    for spec in services.values():
        assert {port["targetPort"] for port in spec["ports"]} <= ports_of(resources, spec["selector"]).keys()
    for ingress in of_kind(resources, "Ingress"):
        for path in (path for rule in ingress["spec"]["rules"] for path in rule["http"]["paths"]):
            to = path["backend"]["service"]
            assert to["port"]["name"] in {port["name"] for port in services[to["name"]]["ports"]}


def test_figures_are_asked_for_where_they_are_told(resources: list[Resource]) -> None:
    for pod in staying(resources):
        told = pod["metadata"]["annotations"]
        health = ports_of(resources, pod["metadata"]["labels"])["health"]
        assert (told["prometheus.io/scrape"], told["prometheus.io/port"]) == ("true", str(health))


def test_a_policy_opens_ports_that_there_are_and_every_port_is_opened_by_one(resources: list[Resource]) -> None:
    """One that names another port shuts out whoever it is there for."""
    opened = set()
    for policy in of_kind(resources, "NetworkPolicy"):
        there = ports_of(resources, policy["spec"]["podSelector"]["matchLabels"])
        named = {port["port"] for rule in policy["spec"].get("ingress", ()) for port in rule["ports"]}
        assert named <= there.keys(), policy["metadata"]["name"]
        opened |= named
    every = {port["name"] for _, _, each in containers(resources) for port in each.get("ports", ())}
    assert opened == every


def test_each_process_has_time_to_end_what_it_has_begun(resources: list[Resource]) -> None:
    for pod in staying(resources):
        (container,) = pod["spec"]["containers"]
        told = {each["name"]: each["value"] for each in container["env"]}
        unready = int(told.get("SHAREFLOW_API_UNREADY", 0))
        least = SHUTDOWN_SECONDS if container["args"] == ["worker"] else 2 * (unready + DRAIN_SECONDS)
        assert pod["spec"]["terminationGracePeriodSeconds"] >= least


def test_a_claim_that_several_pods_have_can_be_had_by_several(resources: list[Resource]) -> None:
    """Pods that stay are on several machines; what outlives an installation is kept by Helm."""
    had = Counter(
        volume["persistentVolumeClaim"]["claimName"]
        for _, pod in pods(resources)
        for volume in pod["volumes"]
        if "persistentVolumeClaim" in volume
    )
    for claim in of_kind(resources, "PersistentVolumeClaim"):
        name = claim["metadata"]["name"]
        modes = claim["spec"]["accessModes"]
        assert modes == (["ReadWriteMany"] if had[name] > 1 else ["ReadWriteOnce"]), name
        assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_keys_of_a_certificate_are_called_as_where_it_is_mounted(resources: list[Resource]) -> None:
    """KEDA takes from the Secret what the pods take from it as files."""
    named = {
        value.rpartition("/")[2]
        for _, _, container in containers(resources)
        for value in (each["value"] for each in container["env"])
        if value.startswith("/etc/temporal/tls/")
    }
    for each in of_kind(resources, "TriggerAuthentication"):
        assert {target["key"] for target in each["spec"]["secretTargetRef"]} == named
