"""The chart of deploy/helm as Helm renders it and Kubernetes' schemas have it, for each of its ci/ values.

Not among the tests that ``make test`` collects, for Helm and the schemas are no part of setup: ``make check-deploy``.
"""

import copy
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import helm_python as helm
import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError
from temporalio.client import Client
from typer.main import get_command

from cli.program import app
from configuration.settings import Settings, every_setting
from embedded.simulate.sandbox import Sandbox
from protocol.names import TASK_QUEUE
from protocol.payloads import data_converter
from starter.deployments import Deployment
from starter.engine_client import ShareflowClient
from starter.temporal_setup import prepare_namespace
from tests.deploy.conftest import DEPLOY
from tests.deploy.test_settings_of_deploy import assert_given_what_it_needs, is_a_command
from tests.engine.looking import filed
from worker.building import build_worker, working

CHART = DEPLOY / "helm/shareflow"
VALUES = {path.stem.removesuffix("-values"): path for path in sorted((CHART / "ci").glob("*.yaml"))}
KUBERNETES = ("1.29", "1.37")
"""The oldest that Chart.yaml takes, and the newest whose schemas there are."""
USER = 10001
CUSTOM = yaml.safe_load((Path(__file__).parent / "custom_resources.yaml").read_text("utf-8"))
SECRETS = {"database-url", "migration-url", "log-key", "payload-keys", "robots", "s3-secret"}
MOUNTED = Path("/etc/shareflow/secrets")

Resource = dict[str, Any]


def values_of(name: str) -> Resource:
    return yaml.safe_load(VALUES[name].read_text("utf-8"))


def rendered(values: Mapping[str, Any]) -> list[Resource]:
    """Every resource that Helm makes of values."""
    with helm.Chart.load(CHART) as chart:
        texts = chart.render(dict(values), name="shareflow", namespace="city")
    found = [each for text in texts.values() for each in yaml.safe_load_all(text) if each]
    return found + [_standing_alone(each) for each in found if each["kind"] == "WorkerResourceTemplate"]


def _standing_alone(template: Resource) -> Resource:
    """What the Worker Controller makes of a template, but for what it fills in."""
    return copy.deepcopy(template["spec"]["template"]) | {"metadata": {"name": template["metadata"]["name"]}}


def check(resource: Resource, version: str) -> None:
    """Raises ValidationError (of either library) for what the kind does not allow."""
    kind, spec = resource["kind"], resource.get("spec", {})
    if kind in CUSTOM:
        Draft202012Validator(CUSTOM[kind]).validate(spec)
        if kind == "WorkerDeployment":
            check(_as_deployment(resource), version)
    else:
        kubernetes_validate.validate(resource, version, strict=True)


def _as_deployment(resource: Resource) -> Resource:
    labels = resource["spec"]["template"]["metadata"]["labels"]
    spec = {"selector": {"matchLabels": labels}, "template": resource["spec"]["template"]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": resource["metadata"], "spec": spec}


def pods(resources: list[Resource]) -> Iterator[tuple[str, Resource]]:
    """Each pod that is asked for: the kind of whatever asks, and its specification."""
    for each in resources:
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template", {})
        if "containers" in template.get("spec", {}):
            yield each["kind"].removeprefix("Cron"), template["spec"]


def containers(resources: list[Resource]) -> Iterator[tuple[str, Resource, Resource]]:
    for kind, pod in pods(resources):
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            yield kind, pod, container


@pytest.fixture(params=VALUES)
def resources(request: pytest.FixtureRequest) -> list[Resource]:
    return rendered(values_of(request.param))


@pytest.mark.parametrize("version", KUBERNETES)
def test_what_is_rendered_is_by_the_schemas_of_kubernetes(resources: list[Resource], version: str) -> None:
    assert len(resources) >= 8
    for each in resources:
        check(each, version)


def test_a_resource_that_is_wrong_is_found_out() -> None:
    whole = {each["kind"]: each for each in rendered(values_of("province"))}
    for kind, path in (
        ("Deployment", ("spec", "template", "spec")),
        ("WorkerDeployment", ("spec", "template", "spec")),
        ("Connection", ("spec",)),
        ("ScaledObject", ("spec",)),
        ("WorkerResourceTemplate", ("spec",)),
        ("NetworkPolicy", ("spec",)),
    ):
        altered = at = copy.deepcopy(whole[kind])
        for step in path:
            at = at[step]
        at["runAsNonRoots"] = True
        with pytest.raises((kubernetes_validate.ValidationError, ValidationError)):
            check(altered, KUBERNETES[-1])


def test_every_pod_is_hardened(resources: list[Resource]) -> None:
    for _, pod in pods(resources):
        assert pod["automountServiceAccountToken"] is False
        context = pod["securityContext"]
        assert (context["runAsNonRoot"], context["runAsUser"], context["runAsGroup"]) == (True, USER, USER)
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        assert not any("hostPath" in volume for volume in pod["volumes"])
    for _, _, container in containers(resources):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]
        assert not container["image"].endswith(":latest")


def test_what_runs_for_long_is_probed_and_the_rest_ends(resources: list[Resource]) -> None:
    for kind, pod, container in containers(resources):
        if kind == "Job":
            assert pod["restartPolicy"] == "Never"
            continue
        health = {port["name"]: port["containerPort"] for port in container["ports"]}["health"]
        told = {each["name"]: each.get("value") for each in container["env"]}
        assert str(health) in {told.get("SHAREFLOW_API_HEALTH_PORT"), told.get("SHAREFLOW_HEALTH_PORT")}
        asked = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
        assert {name: each["path"] for name, each in asked.items()} == {
            "startup": "/healthz",
            "readiness": "/readyz",
            "liveness": "/healthz",
        }
        assert {each["port"] for each in asked.values()} == {"health"}


def test_every_container_runs_a_command_that_there_is_with_settings_that_can_be(
    resources: list[Resource], tmp_path: Path
) -> None:
    for name in SECRETS:
        (tmp_path / name).write_text("postgresql://somebody@ledger/shareflow", "utf-8")
    for _, _, container in containers(resources):
        words = [word for word in container["args"] if word.isalpha()]
        command = " ".join(words[:2] if words[0] == "admin" else words)
        assert is_a_command(command)
        names = [each["name"] for each in container["env"]]
        assert_given_what_it_needs([command], names)
        assert len(names) == len(set(names))
        assert not any("valueFrom" in each for each in container["env"]), "a secret in the environment"
        told = {each["name"]: str(each["value"]).replace(str(MOUNTED), str(tmp_path)) for each in container["env"]}
        Settings(told).refuse_wrong_ones()


def test_every_file_that_is_named_is_mounted_and_only_the_migration_has_its_owner(resources: list[Resource]) -> None:
    for kind, pod, container in containers(resources):
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        mounted = {mount["mountPath"]: volumes[mount["name"]] for mount in container["volumeMounts"]}
        secrets = {item["path"] for source in mounted[str(MOUNTED)]["projected"]["sources"]
                   for item in source["secret"]["items"]}  # fmt: skip
        named = {Path(each["value"]) for each in container["env"] if str(each.get("value", "")).startswith("/etc/")}
        for path in named:
            if kind == "WorkerDeployment" and path.parent == Path("/etc/temporal/tls"):
                continue  # the controller mounts them
            assert str(path.parent) in mounted, path
        assert {path.name for path in named if path.parent == MOUNTED} == secrets
        assert secrets <= SECRETS
        assert ("migration-url" in secrets) == (container["args"][1:2] in (["migrate"], ["backup"]))


def test_each_policy_and_budget_and_service_is_of_pods_that_there_are(resources: list[Resource]) -> None:
    labels = [
        each["spec"]["template"]["metadata"]["labels"]
        for each in resources
        if "containers" in each.get("spec", {}).get("template", {}).get("spec", {})
    ]
    for each in resources:
        spec = each.get("spec", {})
        wanted = {
            "NetworkPolicy": lambda spec=spec: spec["podSelector"]["matchLabels"],
            "PodDisruptionBudget": lambda spec=spec: spec["selector"]["matchLabels"],
            "Service": lambda spec=spec: spec["selector"],
        }.get(each["kind"])
        if wanted is not None:
            assert any(wanted().items() <= found.items() for found in labels), each["metadata"]["name"]


def test_the_schema_is_brought_up_before_the_rest_by_its_owner(resources: list[Resource]) -> None:
    (job,) = [each for each in resources if each["kind"] == "Job" and each["metadata"]["name"].endswith("-setup")]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    pod = job["spec"]["template"]["spec"]
    assert [each["args"] for each in pod["initContainers"]] == [["admin", "migrate"]]
    assert [each["args"] for each in pod["containers"]] == [["admin", "setup"]]
    assert not any("persistentVolumeClaim" in volume for volume in pod["volumes"])


def test_a_backup_is_made_every_night_where_it_can_be_written(resources: list[Resource]) -> None:
    (nightly,) = [each for each in resources if each["kind"] == "CronJob"]
    pod = nightly["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    volumes = {each["name"]: each for each in pod["volumes"]}
    mounts = {each["mountPath"]: each for each in container["volumeMounts"]}
    claims = {path: volumes[each["name"]].get("persistentVolumeClaim") for path, each in mounts.items()}
    to = container["args"][-1]
    assert container["args"] == ["admin", "backup", "--dated", to]
    assert claims[to], "a backup is kept"
    assert claims[to] != claims["/var/lib/shareflow"]
    assert mounts["/var/lib/shareflow"]["readOnly"]
    made = {each["metadata"]["name"] for each in resources if each["kind"] == "PersistentVolumeClaim"}
    assert {each["claimName"] for each in claims.values() if each} <= made | {"papers", "backups"}


def test_builds_are_released_by_the_name_that_the_controller_gives_them() -> None:
    found = rendered(values_of("province"))
    (workers,) = [each for each in found if each["kind"] == "WorkerDeployment"]
    build = workers["spec"]["workerOptions"]["unsafeCustomBuildID"]
    assert build == "2026-12-01"
    assert workers["spec"]["rollout"] == {"strategy": "Manual"}
    assert "replicas" not in workers["spec"], "KEDA says how many"
    (release,) = [each for _, _, each in containers(found) if each["args"][:2] == ["admin", "release"]]
    assert release["args"][2] == build
    command = get_command(app).commands["admin"].commands["release"]
    assert command.make_context("release", release["args"][2:]).params["wait"] == 900
    told = {each["name"]: each["value"] for each in release["env"]}
    assert told["TEMPORAL_DEPLOYMENT_NAME"] == f"city/{workers['metadata']['name']}"
    assert workers["spec"]["workerOptions"]["connectionRef"]["name"] in {
        each["metadata"]["name"] for each in found if each["kind"] == "Connection"
    }
    allowed = yaml.safe_load((DEPLOY / "helm/worker-controller-values.yaml").read_text("utf-8"))
    kinds = {kind for each in allowed["workerResourceTemplate"]["allowedResources"] for kind in each["kinds"]}
    assert {e["spec"]["template"]["kind"] for e in found if e["kind"] == "WorkerResourceTemplate"} == kinds


async def test_a_server_takes_the_names_that_the_controller_and_the_chart_give(ground: Sandbox) -> None:
    """A worker is told its names by the controller, the job by the chart: the same, and the server knows them."""
    found = rendered(values_of("province"))
    (release,) = [each for _, _, each in containers(found) if each["args"][:2] == ["admin", "release"]]
    told = {each["name"]: each["value"] for each in release["env"]}
    name, build = told["TEMPORAL_DEPLOYMENT_NAME"], release["args"][2]
    client = Client(ground.temporal.service_client, namespace="chart", data_converter=data_converter)
    await prepare_namespace(client, None)
    named = Settings({"TEMPORAL_DEPLOYMENT_NAME": name, "TEMPORAL_WORKER_BUILD_ID": build})
    async with working(build_worker(client, ground.engine, watched=False, settings=named)):
        await Deployment(client, named.deployment_name).release(build, timedelta(seconds=60))
        assert await filed(ShareflowClient(client, ground.engine, patience=timedelta(seconds=20)))


@pytest.mark.parametrize("name", ["scaled", "province"])
def test_workers_are_scaled_by_their_backlog_and_never_to_none(name: str) -> None:
    found = [each for each in rendered(values_of(name)) if each["kind"] == "ScaledObject"]
    (trigger,) = [trigger for each in found for trigger in each["spec"]["triggers"]]
    assert trigger["metadata"]["taskQueue"] == TASK_QUEUE
    assert all(each["spec"]["minReplicaCount"] >= 1 for each in found)
    by_build = {"workerDeploymentName", "workerDeploymentBuildId"} <= trigger["metadata"].keys()
    assert by_build == (name == "province")


WRONG: list[tuple[str, Any]] = [
    ("worker.replicas", 0),
    ("autoscaling", {"enabled": True, "minReplicas": 0}),
    ("autoscaling", {"enabled": True, "minReplicas": 5, "maxReplicas": 2}),
    ("image.repository", ""),
    ("image.tag", "latest"),
    ("image.digest", "sha256:0"),
    ("image.repository", "registry.example.gov.cn/shareflow:latest"),
    ("image.repository", "registry.example.gov.cn/shareflow@sha256:0"),
    ("publicUrl", "http://share.example.gov.cn"),
    ("temporal.address", "temporal"),
    ("temporal.address", ""),
    ("oidc.issuer", "http://issuer.example.gov.cn"),
    ("api.trustedProxies", []),
    ("api.trustedProxies", ["ingress"]),
    ("api.trustedProxies", ["10.0.0.0/99"]),
    ("api.trustedProxies", ["0.0.0.0/0"]),
    ("api.trustedProxies", ["::/0"]),
    ("api.resources", {"requests": {"memory": "2Gi"}, "limits": {"memory": "1024Mi"}}),
    ("temporal.tls", {"clientCert": False}),
    ("authorities.secret", "authorities"),
    ("tolerations", ["everything"]),
    ("serviceAccountName", "A name"),
    ("secrets.others", {"SHAREFLOW_DATABASE_URL": "shareflow-database-url"}),
    ("secrets.others", {"SHAREFLOW_S3_SECRET": "AKIA/secret"}),
    ("settings.SHAREFLOW_PAYLOAD_KEYS", "/etc/keys"),
    ("settings.TEMPORAL_ADDRESS", "elsewhere:7233"),
    ("settings.SHAREFLOW_FEED_DAYS", 365),
    ("settings.SHAREFLOW_FEED_DAYS", "many"),
    ("settings.SHAREFLOW_FEED_DAYS".removesuffix("S"), "365"),
    ("secrets.databaseUrl", "postgresql://app:secret@db/shareflow"),
    ("files.departments", True),
    ("ingress.enabled", True),
    ("workerController", {"enabled": True, "buildId": "a build"}),
    ("state.size", "many"),
    ("backup.schedule", "nightly"),
    ("replicaCount", 3),
]


@pytest.mark.parametrize(("place", "wrong"), WRONG, ids=str)
def test_values_that_cannot_be_are_refused(place: str, wrong: Any) -> None:
    values = at = values_of("plain")
    *way, last = place.split(".")
    for step in way:
        at = at.setdefault(step, {})
    at[last] = wrong
    named = {*way[:1], last, *(wrong if isinstance(wrong, dict) else ())}
    with pytest.raises((helm.HelmValuesError, helm.HelmRenderError), match="|".join(named)):
        rendered(values)


@pytest.mark.parametrize("part", ["autoscaling", "workerController"])
def test_what_cannot_come_by_tls_alone_says_so(part: str) -> None:
    values = {**values_of("plain"), part: {"enabled": True}}
    values["temporal"]["tls"] = {"secret": "temporal-authority", "clientCertificate": False}
    with pytest.raises(helm.HelmRenderError, match=rf"{part} needs temporal\.tls\.secret"):
        rendered(values)


def test_temporal_is_reached_by_tls_without_a_certificate_of_ones_own() -> None:
    values = values_of("plain") | {"authorities": {"configMap": "ours"}}
    for tls, authority in (
        ({"secret": "temporal-authority", "clientCertificate": False}, "/etc/temporal/tls/ca.crt"),
        ({"enabled": True}, "/etc/shareflow/authorities/authorities.pem"),
    ):
        values["temporal"]["tls"] = tls
        for _, pod, container in containers(rendered(values)):
            told = {each["name"]: each["value"] for each in container["env"] if each["name"].startswith("TEMPORAL_")}
            if not told:
                continue  # it asks the database alone
            assert (told["TEMPORAL_TLS"], told["TEMPORAL_TLS_SERVER_CA_CERT_PATH"]) == ("true", authority)
            assert "TEMPORAL_TLS_CLIENT_CERT_PATH" not in told
            volumes = {volume["name"] for volume in pod["volumes"]}
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes


@pytest.mark.parametrize("secret", [each.variable for each in every_setting() if each.secret])
def test_no_secret_stands_among_the_settings(secret: str) -> None:
    with pytest.raises(helm.HelmValuesError, match=secret):
        rendered({**values_of("plain"), "settings": {secret: "postgresql://app:secret@db/shareflow"}})


def test_nothing_of_the_usual_values_is_enough_by_itself() -> None:
    with pytest.raises(helm.HelmValuesError):
        rendered({})


def test_helm_has_nothing_to_say_of_the_chart() -> None:
    found = helm.lint(CHART, values=values_of("plain"), strict=True)
    assert not [each for each in found["messages"] if "icon is recommended" not in str(each)], found


def test_chart_and_image_are_of_this_version() -> None:
    told = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = (DEPLOY.parent / "pyproject.toml").read_text("utf-8")
    assert f'\nversion = "{told["appVersion"]}"\n' in project
    assert told["version"] == told["appVersion"]


def test_temporal_is_told_what_the_documents_say_and_no_password() -> None:
    told = helm.values_from_yaml((DEPLOY / "helm/temporal-values.yaml").read_text("utf-8"))["server"]
    key = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute"
    assert told["dynamicConfig"][key] == [{"value": 2}]
    stores = told["config"]["persistence"]["datastores"]
    assert stores.keys() == {"default", "visibility"}
    assert len({each["sql"]["databaseName"] for each in stores.values()}) == 2
    assert all("password" not in each["sql"] and each["sql"]["existingSecret"] for each in stores.values())
    assert told["tls"]["frontend"]["requireClientAuth"]
    assert told["config"]["persistence"]["numHistoryShards"] in (512, 1024, 2048, 4096)
