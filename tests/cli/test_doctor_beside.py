"""What the doctor says of what works on an engine and stands before it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fastapi import FastAPI, Response
from sqlalchemy import func, text, update
from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import RoutingConfigUpdateState
from temporalio.api.taskqueue.v1 import PollerInfo
from temporalio.client import Client

from api.app import create_app
from api.context import AppContext
from api.serving import serving
from api.settings import api_settings
from background.certificate_figures import CertificateFigures
from cli.checks.beside import api_check, issuer_check
from cli.checks.certificates import certificates_check
from cli.checks.clocks import ahead, clocks_check
from cli.checks.engine import engine_checks
from cli.checks.findings import Check
from cli.checks.running import schedules_check, workers_check
from cli.checks.sealing import sealing_check
from configuration.departments import departments_in_force
from configuration.policy_file import policy_in_force
from configuration.settings import Settings
from embedded.simulate.sandbox import Sandbox
from ledger.engine import Engine
from ledger.queries.operations import take_watch
from ledger.reader import Reader
from ledger.stuck_tables import stuck_watch
from protocol.connecting import TemporalClient
from protocol.payloads import data_converter
from protocol.sealing import SealKind, written_key
from starter.deployments import Deployment, NotReleased
from starter.duty_schedules import sync_schedules
from starter.temporal_setup import prepare_namespace
from starter.tokens import new_issuer
from tests.ledger.conftest import own
from worker.building import build_worker, working

__all__ = ["own"]

ASKING = "workers ask for work:"


async def elsewhere(ground: Sandbox, namespace: str) -> TemporalClient:
    """A namespace in which nobody works yet."""
    client = Client(ground.temporal.service_client, namespace=namespace, data_converter=data_converter)
    await prepare_namespace(client, None)
    return client


def told(check: Check) -> tuple[str, str, str]:
    return check.state, check.says, check.mend or ""


def spread_for_good(age: timedelta) -> Callable[[Deployment], Awaitable[WorkerDeploymentInfo | None]]:
    """The answer of a server that has made a build current so long ago, and says for ever that it spreads that."""
    asked = Deployment._described

    async def described(deployment: Deployment) -> WorkerDeploymentInfo | None:
        found = await asked(deployment)
        if found is not None:
            found.routing_config_update_state = RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS
            found.routing_config.current_version_changed_time.FromDatetime(datetime.now(UTC) - age)
        return found

    return described


async def released_and_still_spread(client: TemporalClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is told of a build that is current, by a server that says for good that it spreads it."""
    deployment = Deployment(client, Settings({}).deployment_name)
    for age, state, says in ((60, "ok", "v1, which is current"), (0, "warning", "v1 was made current, and the server")):
        with monkeypatch.context() as patched:
            patched.setattr(Deployment, "_described", spread_for_good(timedelta(seconds=age)))
            found = await workers_check(Settings({}), None, client)
            assert (found.state, says in found.says) == (state, True), found
            assert await deployment.spreading() == "v1"
            if state == "warning":
                with pytest.raises(NotReleased, match=r"^Temporal has made the build v1 current: leave its workers"):
                    await deployment.release("v1", timedelta(seconds=1))


async def test_workers_are_missed_waited_for_and_of_a_build_that_is_not_current(
    ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings({})

    async def becomes(state: str, part: str, there: TemporalClient) -> Check:
        async with asyncio.timeout(30):
            while True:
                check = await workers_check(settings, None, there)
                if check.state == state and part in check.says:
                    return check
                await asyncio.sleep(0.2)

    assert (await becomes("ok", "", ground.temporal)).says == f"{ASKING} of no build"
    client = await elsewhere(ground, "doctor-workers")
    state, says, mend = told(await workers_check(settings, None, client))
    assert (state, says, "shareflow worker" in mend) == ("problem", "No worker asks for work.", True)
    deployment = Deployment(client, settings.deployment_name)

    def worker(build: str) -> Any:
        named = Settings({Settings.build_id.variable: build})
        return working(build_worker(client, ground.engine, watched=False, settings=named))

    async with AsyncExitStack() as workers:
        await workers.enter_async_context(worker("v1"))
        found = await becomes("problem", "Workers of v1 ask for work, and no build is current", client)
        assert "admin release" in (found.mend or "")
        await deployment.release("v1", timedelta(seconds=30))
        assert (await becomes("ok", "v1", client)).says == f"{ASKING} v1, which is current"
        await released_and_still_spread(client, monkeypatch)
        assert await deployment.spreading() is None
        await workers.enter_async_context(worker("v2"))
        assert "(v1, v2); v1 is current" in (await becomes("warning", "several builds", client)).says
    assert (await workers_check(settings, None, client)).says == "No worker asks for work.", "they have just ended"


async def test_workers_of_whom_the_ledger_has_heard_nothing(
    ground: Sandbox, own: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Temporal lists one that was killed for a good minute yet; one that has asked since was kept from writing."""
    asked = PollerInfo()

    async def one_asked(*_: object) -> list[PollerInfo]:
        return [asked]

    monkeypatch.setattr("cli.checks.running.workers_asking", one_asked)
    assert take_watch(own, "killed", timedelta())
    for silent, ago, state, says in (
        (0, 0, "ok", ASKING),
        (21, 20, "warning", "maybe there is none"),
        (61, 50, "problem", "no worker"),
        (171, 7, "warning", "maybe there is none"),
    ):
        asked.last_access_time.FromDatetime(datetime.now(UTC) - timedelta(seconds=ago))
        with own.begin() as connection:
            seen = func.now() - timedelta(seconds=silent)
            connection.execute(update(stuck_watch).values(seen_at=seen))
        found = await workers_check(Settings({}), Reader(own), ground.temporal)
        assert (found.state, says in found.says) == (state, True), found
        assert silent == 0 or f"is stuck for {silent} s, and the last asked Temporal for work" in found.says


async def test_workers_are_not_missed_for_a_database_in_which_they_cannot_write(ground: Sandbox, own: Engine) -> None:
    assert take_watch(own, "at work", timedelta())
    with own.begin() as connection:
        connection.execute(update(stuck_watch).values(seen_at=func.now() - timedelta(seconds=94)))
    url = own.url.set(drivername="postgresql").render_as_string(hide_password=False)
    named = {"TEMPORAL_ADDRESS": ground.temporal.service_client.config.target_host}
    settings = Settings({**named, Settings.database_url.variable: url})

    async def asked() -> tuple[str, str]:
        found = {check.name: check for check in await engine_checks(settings)}
        return found["database"].state, found["workers"].says.partition(" for ")[0]

    assert await asked() == ("ok", "No worker has looked at what is stuck")
    with own.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {own.url.database} SET default_transaction_read_only = on"))
    assert await asked() == ("problem", "workers ask")


async def test_duties_without_a_schedule_and_paused_ones(ground: Sandbox, tmp_path: Path) -> None:
    assert (await schedules_check(Settings({}), ground.temporal)).state == "skipped"
    listed = tmp_path / "departments.yaml"
    listed.write_text("nantong:\n  - {code: '113206000140000015', name: 南通市民政局}\n", "utf-8")
    settings = Settings({Settings.departments.variable: str(listed)})
    client = await elsewhere(ground, "doctor-schedules")
    missing = await schedules_check(settings, client)
    assert (missing.state, "have no schedule" in missing.says, missing.mend) == (
        "problem",
        True,
        "run `shareflow admin setup`, or `shareflow duties sync`",
    )
    await sync_schedules(client, departments_in_force(settings), policy_in_force(settings))
    assert (await schedules_check(settings, client)).state == "ok"
    async for each in await client.list_schedules():
        await client.get_schedule_handle(each.id).pause()
        break
    paused = await schedules_check(settings, client)
    assert (paused.state, " schedules are paused: " in paused.says) == ("warning", True)


async def test_clocks_that_agree_and_those_that_do_not(ground: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(ground.engine)
    assert (await clocks_check(reader, ground.temporal)).state == "ok"

    def moved(by: timedelta) -> Callable[[Awaitable[datetime]], Awaitable[timedelta]]:
        async def measured(asked: Awaitable[datetime]) -> timedelta:
            return by + await ahead(asked)

        return measured

    for by, state, says in ((-20, "warning", "is 20.0 s behind"), (300, "problem", "is 300.0 s ahead")):
        monkeypatch.setattr("cli.checks.clocks.ahead", moved(timedelta(seconds=by)))
        found = await clocks_check(reader, ground.temporal)
        assert (found.state, says in found.says, "chrony" in (found.mend or "")) == (state, True, True), found

    async def in_an_hour() -> datetime:
        return datetime.now(UTC) + timedelta(hours=1)

    assert abs(await ahead(in_an_hour()) - timedelta(hours=1)) < timedelta(seconds=5)


@asynccontextmanager
async def answering(answers: Mapping[str, Any], status: int = 200) -> AsyncIterator[str]:
    """A server that answers these paths, and nothing of ours."""
    app = FastAPI(openapi_url=None)
    app.state.context = None

    def answer(said: Any) -> Callable[[], Any]:
        return lambda: said if not isinstance(said, str) else Response(said, status)

    for path, said in answers.items():
        app.get(path)(answer(said))
    async with serving(app, "127.0.0.1", 0) as address:
        yield address


async def test_an_api_that_is_ready_of_another_version_not_ready_and_away(context: AppContext) -> None:
    async def asked(address: str) -> Check:
        return await api_check(Settings({Settings.public_url.variable: address}), None)

    assert (await api_check(Settings({}), None)).state == "skipped"
    async with serving(create_app(context), "127.0.0.1", 0) as address:
        assert told(await asked(address))[0] == "ok"
    state, says, mend = told(await asked(address))
    assert (state, "does not answer" in says, address in mend) == ("problem", True, True)
    old = {"/readyz": "ready", "/openapi.json": {"info": {"version": "0.1.0"}}}
    async with answering(old) as address:
        assert "is of the version 0.1.0" in (await asked(address)).says
    async with answering({**old, "/readyz": "the ledger does not answer"}, 503) as address:
        assert told(await asked(address))[:2] == (
            "problem",
            f"The API at {address} is not ready (the ledger does not answer).",
        )


async def test_an_issuer_that_publishes_keys_none_and_is_away() -> None:
    async def asked(address: str) -> Check:
        return await issuer_check(Settings({Settings.oidc_issuer.variable: address}))

    assert (await issuer_check(Settings({}))).state == "skipped"
    answers: dict[str, Any] = {"/.well-known/openid-configuration": {}, "/keys": new_issuer().jwks()}
    async with answering(answers) as address:
        found = answers["/.well-known/openid-configuration"]
        assert "names another issuer" in (await asked(address)).says
        found.update(issuer=address, jwks_uri=f"{address}/keys")
        assert told(await asked(address))[:2] == ("ok", f"{address} publishes 1 key")
        answers["/keys"]["keys"].clear()
        assert (await asked(address)).state == "problem"
    away = await asked(address)
    assert (away.state, "does not answer" in away.says, "lets nobody in" in (away.mend or "")) == (
        "problem",
        True,
        True,
    )


def written_certificate(file: Path, for_days: float) -> Path:
    """A file with a certificate that is good for so long, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "share.example.gov.cn")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now - timedelta(days=90))
    certificate = built.not_valid_after(now + timedelta(days=for_days)).sign(key, hashes.SHA256())
    unsealed = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    file.write_bytes(key.private_bytes(*unsealed) + certificate.public_bytes(Encoding.PEM))
    return file


@asynccontextmanager
async def showing(folder: Path, for_days: float, as_postgres: bool = False) -> AsyncIterator[str]:
    """A server that shows a certificate which is good for so long; as PostgreSQL once it is asked in its words."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(written_certificate(folder / "chain.pem", for_days))

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if as_postgres and (await reader.readexactly(8)).hex() == "0000000804d2162f":
            writer.write(b"S")
            await writer.start_tls(context)
        writer.close()

    async with await asyncio.start_server(close, "127.0.0.1", 0, ssl=None if as_postgres else context) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_certificates_that_are_good_soon_over_and_over(tmp_path: Path) -> None:
    async def asked(server: str) -> Check:
        return await certificates_check(Settings({Settings.public_url.variable: f"https://{server}"}))

    assert (await certificates_check(Settings({}))).state == "skipped"
    for days, state, says in (
        (90.0, "ok", "the first"),
        (9.5, "warning", "in 9 days"),
        (0.8, "warning", "within a day"),
        (-1.0, "problem", "has expired"),
    ):
        async with showing(tmp_path, days) as server:
            found = await asked(server)
            assert (found.state, server in found.says, says in found.says) == (state, True, True), found
    assert (await asked(server)).state == "skipped", "that it is away is told by another check"
    async with showing(tmp_path, -1.0) as server:
        named = {"TEMPORAL_ADDRESS": server, "TEMPORAL_TLS": "true"}
        assert "has expired" in (await certificates_check(Settings(named))).says
    async with showing(tmp_path, 9.5, as_postgres=True) as server:
        url = f"postgresql://shareflow_app:x@{server}/shareflow"
        found = await certificates_check(Settings({Settings.database_url.variable: f"{url}?sslmode=verify-full"}))
        assert (found.state, f"{server} (expires in 9 days, at " in found.says) == ("warning", True)
        assert (await certificates_check(Settings({Settings.database_url.variable: url}))).state == "skipped"


async def test_certificates_in_files_are_told_by_the_doctor_and_as_figures(tmp_path: Path) -> None:
    files = {days: written_certificate(tmp_path / f"{days}.pem", days) for days in (90, 60, 20, 8)}
    both = tmp_path / "authorities.pem"
    both.write_bytes(files[8].read_bytes() + files[90].read_bytes())
    url = f"postgresql://x@127.0.0.1:1/y?sslmode=verify-full&sslcert={files[60]}&sslrootcert={both}"
    named = {"TEMPORAL_ADDRESS": "127.0.0.1:1", "TEMPORAL_TLS_CLIENT_CERT_PATH": str(files[20])}
    named |= {"TEMPORAL_TLS_CLIENT_KEY_PATH": str(files[20]), "SHAREFLOW_TIMESTAMP_ROOTS": str(tmp_path / "none")}
    settings = Settings({**named, Settings.database_url.variable: url})
    found = await certificates_check(settings)
    assert (found.state, "soon will: this client's before Temporal (expires in 19 days, at" in found.says) == (
        "warning",
        True,
    )
    assert "本客户端对 Temporal 出示（19 天后到期，时间 " in found.told("zh")
    files[20].unlink()  # the process goes on with what it has read
    told = api_settings(settings).certificates
    [family] = CertificateFigures(told).collect()
    left = {each.labels["certificate"]: round(each.value / 86400) for each in family.samples}
    assert left == {"temporal_client": 20, "database_client": 60, "database_authorities": 90}
    wrong = {
        "TEMPORAL_ADDRESS": "nowhere",
        "TEMPORAL_TLS": "true",
        "SHAREFLOW_DATABASE_URL_FILE": str(tmp_path / "none"),
    }
    [family] = CertificateFigures(api_settings(Settings(wrong)).certificates).collect()
    assert family.samples == [], "what is wrong is told by whoever needs it, and no scrape fails over it"


async def test_all_certificates_that_end_are_named_the_first_before_the_others(tmp_path: Path) -> None:
    proxy, database, good = (written_certificate(tmp_path / f"{days}.pem", days) for days in (-2, 3, 200))
    url = f"postgresql://x@127.0.0.1:1/y?sslmode=verify-full&sslcert={database}&sslrootcert={good}"
    named = {"TEMPORAL_ADDRESS": "127.0.0.1:1", "TEMPORAL_TLS_CLIENT_CERT_PATH": str(proxy)}
    named |= {"TEMPORAL_TLS_CLIENT_KEY_PATH": str(proxy), Settings.database_url.variable: url}
    found = await certificates_check(Settings(named))
    ended, soon = (
        found.says.find(f"this client's before {each}") for each in ("Temporal (has", "the database (expires")
    )
    assert (found.state, -1 < ended < soon, "authority" in found.says) == ("problem", True, False), found.says


def test_keys_that_seal_messages(tmp_path: Path) -> None:
    file = tmp_path / "payload-keys"
    settings = Settings({Settings.payload_keys.variable: str(file)})
    assert sealing_check(Settings({})).state == "skipped"
    assert (sealing_check(settings).state, str(file) in sealing_check(settings).says) == ("problem", True)
    file.touch(0o600)
    file.write_text(f"{written_key('b', SealKind.SM4_GCM)}\n{written_key('a', SealKind.AES_256_GCM)}\n", "ascii")
    assert told(sealing_check(settings))[:2] == ("ok", "messages are sealed with b (sm4-gcm), a still open")
