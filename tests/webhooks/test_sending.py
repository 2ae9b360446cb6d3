"""One sending: signed, to an address that was looked at, and nothing a receiver does gets past that."""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from background.webhooks.addresses import NOTHING, allowed_from
from background.webhooks.guard import AddressGuard
from background.webhooks.payloads import TRIAL_TYPE, new_secret, trial_event
from background.webhooks.sending import EXCERPT_BYTES, Result, Sender
from tests.webhooks.receiver import WebhookReceiver

LOOPBACK = allowed_from("127.0.0.0/8")
SECRET, OLD_SECRET = new_secret(), new_secret()
EVENT = trial_event("wh_1", datetime.now(UTC))


async def send(sender: Sender, url: str, keys: Sequence[str] = (SECRET,)) -> Result:
    return await sender.send(url, EVENT, keys, datetime.now(dt.timezone(timedelta(hours=8))))


# Signatures


async def test_the_library_verifies_what_arrives(sender: Sender, receiver: WebhookReceiver) -> None:
    result = await send(sender, receiver.url)
    assert result.attempt.delivered
    sent = receiver.accepted[0]
    verified = Verifier(SECRET).verify(sent.body, dict(sent.headers))
    assert (verified["type"], verified["data"]) == (TRIAL_TYPE, {"webhook_id": "wh_1"})
    assert sent.headers["content-type"] == "application/cloudevents+json"
    assert sent.headers["host"] == receiver.place
    assert sent.id == EVENT["id"]
    with pytest.raises(WebhookVerificationError):
        Verifier(OLD_SECRET).verify(sent.body, dict(sent.headers))
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(sent.body + b" ", dict(sent.headers))


async def test_during_rotation_either_secret_verifies(sender: Sender, receiver: WebhookReceiver) -> None:
    await send(sender, receiver.url, [SECRET, OLD_SECRET])
    sent = receiver.accepted[0]
    assert len(sent.headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, OLD_SECRET):
        Verifier(secret).verify(sent.body, dict(sent.headers))
    with pytest.raises(WebhookVerificationError):
        Verifier(new_secret()).verify(sent.body, dict(sent.headers))


def test_secrets_are_long_and_never_alike() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    assert all(each.startswith("whsec_") and len(each) == 6 + 44 for each in secrets)


# Answers


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, None) for status in (200, 202, 204, 299)),
        *((status, "redirected") for status in (301, 302, 304, 307)),
        *((status, "not_accepted") for status in (400, 404, 429, 500, 503)),
        (410, "gone"),
    ],
)
async def test_only_2xx_is_taken_for_delivered(
    sender: Sender, receiver: WebhookReceiver, status: int, error: str | None
) -> None:
    receiver.answer = lambda _: (status, {}, b"")
    result = await send(sender, receiver.url)
    assert (result.attempt.status, result.attempt.error) == (status, error)
    assert result.attempt.delivered == (error is None)
    assert result.gone == (status == 410)


async def test_a_redirect_is_not_followed(sender: Sender, receiver: WebhookReceiver) -> None:
    receiver.answer = lambda sent: (307, {"Location": "/elsewhere"}, b"") if sent.path == "/hook" else (200, {}, b"")
    result = await send(sender, receiver.url)
    assert result.attempt.error == "redirected"
    assert [each.path for each in receiver.refused + receiver.accepted] == ["/hook"]


async def test_of_the_answer_only_the_beginning_is_kept(sender: Sender, receiver: WebhookReceiver) -> None:
    receiver.answer = lambda _: (200, {}, b"\xff\x00" + b"x" * 5_000_000)
    result = await send(sender, receiver.url)
    assert result.attempt.delivered
    assert result.attempt.response == "\ufffd\ufffd" + "x" * (EXCERPT_BYTES - 2)


@pytest.fixture
async def server() -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Starts servers that answer raw bytes (after some seconds), then fall silent; gives their URLs."""
    servers: list[asyncio.Server] = []

    async def start(answer: bytes, after: float = 0) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(after)
            writer.write(answer)
            await reader.read()
            writer.close()

        servers.append(await asyncio.start_server(serve, "127.0.0.1", 0))
        return f"http://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}/"

    yield start
    for each in servers:
        each.close()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "timed_out"),
        (b"HTTP/1.1 200 O", "timed_out"),
        (b"nonsense\r\n\r\n", "broken_answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, "broken_answer"),
        # The status has come: a body that never does changes nothing.
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", None),
    ],
)
async def test_servers_that_misbehave(sender: Sender, server, answer: bytes, error: str | None) -> None:
    result = await send(sender, await server(answer))
    assert result.attempt.error == error
    assert result.attempt.milliseconds < 4000


async def test_the_time_to_answer_is_that_to_the_status(sender: Sender, server) -> None:
    """The sender's patience of two seconds ends while it reads on."""
    in_time = await server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 1.5)
    result = await send(sender, in_time)
    assert (result.attempt.error, result.attempt.response) == (None, "half")


async def test_nobody_there(sender: Sender, receiver: WebhookReceiver) -> None:
    await receiver.stop()
    assert (await send(sender, receiver.url)).attempt.error == "connection_failed"


# Addresses


async def test_a_name_that_changes_its_address_gets_nothing() -> None:
    """Public when it was looked at first, loopback when it is sent to."""
    answers = iter([["39.156.66.10"], ["127.0.0.1"]])

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    guard = AddressGuard(NOTHING, resolve)
    await guard.check("https://hook.example/")
    async with Sender(guard) as sender:
        result = await send(sender, "https://hook.example/")
    assert (result.attempt.status, result.attempt.error) == (None, "address_refused")


async def test_the_connection_goes_to_the_address_that_was_looked_at(receiver: WebhookReceiver) -> None:
    """The name does not exist for this machine: a second look would find nothing."""
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    async with Sender(AddressGuard(LOOPBACK, resolve)) as sender:
        result = await send(sender, f"http://hook.invalid:{receiver.port}/hook")
    assert result.attempt.delivered
    assert asked == ["hook.invalid"]
    assert receiver.accepted[0].headers["host"] == f"hook.invalid:{receiver.port}"


async def test_when_one_address_does_not_answer_the_next_is_tried(receiver: WebhookReceiver) -> None:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]

    async with Sender(AddressGuard(LOOPBACK, resolve)) as sender:
        assert (await send(sender, f"http://hook.invalid:{receiver.port}/hook")).attempt.delivered


async def test_loopback_is_refused_unless_allowed(receiver: WebhookReceiver) -> None:
    async with Sender(AddressGuard()) as sender:
        assert (await send(sender, receiver.url)).attempt.error == "address_refused"
    assert receiver.accepted == []


async def test_proxies_of_the_environment_are_not_used(
    sender: Sender, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await send(sender, receiver.url)).attempt.delivered


# TLS


def certificate(folder: Path, *names: str) -> dict[str, str]:
    """A self-signed certificate for these names, as uvicorn takes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    at = datetime.now(UTC)
    known = [x509.IPAddress(ipaddress.ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(known), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    return {"ssl_certfile": str(folder / "cert.pem"), "ssl_keyfile": str(folder / "key.pem")}


@pytest.mark.parametrize(
    ("host", "trusted", "error"),
    [
        ("hook.invalid", True, None),
        ("127.0.0.1", True, None),
        ("other.invalid", True, "tls_failed"),
        ("hook.invalid", False, "tls_failed"),
    ],
)
async def test_the_certificate_must_be_that_of_the_name_in_the_url(
    tmp_path: Path, host: str, trusted: bool, error: str | None
) -> None:
    files = certificate(tmp_path, "hook.invalid", "127.0.0.1")
    receiver = WebhookReceiver(tls=files)
    await receiver.start()

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    tls = ssl.create_default_context(cafile=files["ssl_certfile"]) if trusted else None
    async with Sender(AddressGuard(LOOPBACK, resolve), tls) as sender:
        result = await send(sender, f"https://{host}:{receiver.port}/hook")
    await receiver.stop()
    assert result.attempt.error == error
    assert len(receiver.accepted) == (error is None)
