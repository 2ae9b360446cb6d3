"""Where webhooks may lead: nowhere but to public addresses, unless the operator allows it."""

import asyncio
from collections.abc import Sequence

import pytest

from background.webhooks import guard as guarding
from background.webhooks.addresses import NOTHING, allowed_from
from background.webhooks.guard import AddressGuard, Unfit, place_in
from configuration.errors import StartupError
from configuration.settings import Settings

PUBLIC, PUBLIC6 = "39.156.66.10", "2400:da00::6666"

REFUSED = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "169.254.0.23",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:2774:420a::",
    "3fff::1",
    "5f00::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
]
ACCEPTED = [PUBLIC, PUBLIC6, "1.1.1.1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "172.32.0.1", "100.128.0.1"]


def resolving(*addresses: str) -> AddressGuard:
    """A guard for which every name has these addresses."""
    return AddressGuard(NOTHING, always(*addresses))


def always(*addresses: str):  # type: ignore[no-untyped-def]
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return resolve


async def refusal(guard: AddressGuard, url: str) -> str | None:
    try:
        await guard.check(url)
    except Unfit as unfit:
        return unfit.word
    return None


@pytest.mark.parametrize("address", REFUSED)
async def test_what_is_not_public_is_refused(address: str) -> None:
    assert await refusal(resolving(address), "https://hook.example/in") == "address_refused"
    # One bad address among good ones is enough: else the next connection might take it.
    assert await refusal(resolving(PUBLIC, address), "https://hook.example/in") == "address_refused"


@pytest.mark.parametrize("address", ACCEPTED)
async def test_what_is_public_is_accepted(address: str) -> None:
    assert await refusal(resolving(address), "https://hook.example/in") is None


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
    ],
)
async def test_no_way_of_writing_loopback_gets_by(host: str) -> None:
    """Resolved by the machine itself, as when it is sent."""
    assert await refusal(AddressGuard(), f"https://{host}/in") in ("address_refused", "not_resolved", "malformed")


@pytest.mark.parametrize("name", ["metadata.google.internal", "METADATA.GOOGLE.INTERNAL", "metadata.goog.", "metadata"])
async def test_names_of_metadata_are_refused_whatever_their_address(name: str) -> None:
    assert await refusal(resolving(PUBLIC), f"https://{name}/in") == "address_refused"


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "https_required"),
        ("hook", "https_required"),
        ("ftp://hook.example/in", "https_required"),
        ("file:///etc/passwd", "https_required"),
        ("http://hook.example/in", "https_required"),
        ("https://", "malformed"),
        ("https:///in", "malformed"),
        ("https://hook.example:0/", "malformed"),
        ("https://hook.example:99999/", "malformed"),
        ("https://hook.example:port/", "malformed"),
        ("https://hook.example/in#part", "malformed"),
        ("https://hook.example/a b", "malformed"),
        ("https://hook.example/a\r\nX-Evil: 1", "malformed"),
        ("https://hook\x00.example/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://hook.example/" + "a" * 2000, "malformed"),
        ("https://user@hook.example/", "credentials"),
        ("https://user:secret@hook.example/", "credentials"),
    ],
)
async def test_urls_that_no_webhook_may_have(url: str, word: str) -> None:
    assert await refusal(resolving(PUBLIC), url) == word


@pytest.mark.parametrize("url", ["https://hook.example", "https://Hook.Example:8443/in?x=1", "https://例子.example/件"])
async def test_urls_that_are_fine(url: str) -> None:
    assert await refusal(resolving(PUBLIC), url) is None


def test_a_place_is_what_is_connected_to() -> None:
    place = place_in("https://Hook.Example:8443/in?x=%2F")
    assert (place.host, place.port, place.netloc) == ("hook.example", 8443, b"hook.example:8443")
    assert place.target == b"/in?x=%2F"
    assert (place_in("http://hook.example").port, place_in("https://hook.example").port) == (80, 443)


async def test_a_name_that_leads_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "RESOLVE_SECONDS", 0.05)

    async def unknown(_host: str, _port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    async def silent(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return [PUBLIC]

    for resolve in (unknown, silent, always()):
        assert await refusal(AddressGuard(NOTHING, resolve), "https://hook.example/") == "not_resolved"


@pytest.mark.parametrize(
    ("allow", "url", "addresses", "word"),
    [
        ("10.0.0.0/8", "https://hook.example/", ["10.1.2.3"], None),
        ("10.0.0.0/8", "http://hook.example/", ["10.1.2.3"], None),
        ("10.0.0.0/8", "http://hook.example/", ["::ffff:10.1.2.3"], None),
        ("10.0.0.0/8", "http://hook.example/", ["10.1.2.3", PUBLIC], "https_required"),
        ("10.0.0.0/8", "https://hook.example/", ["10.1.2.3", PUBLIC], None),
        ("10.0.0.0/8", "https://hook.example/", ["10.1.2.3", "192.168.0.1"], "address_refused"),
        ("10.0.0.0/8", "https://hook.example/", ["11.1.2.3", "127.0.0.1"], "address_refused"),
        (" fd00::/8 , 127.0.0.1 ", "http://hook.example/", ["fd00::1", "127.0.0.1"], None),
        ("hook.example:8080", "http://hook.example:8080/", ["192.168.0.1"], None),
        ("Hook.Example:8080", "http://HOOK.example:8080/", ["192.168.0.1"], None),
        ("hook.example:8080", "http://hook.example:8081/", ["192.168.0.1"], "address_refused"),
        ("hook.example:8080", "http://other.example:8080/", ["192.168.0.1"], "address_refused"),
        ("[::1]:8080", "http://[::1]:8080/", ["::1"], None),
        ("127.0.0.1:8080", "http://127.0.0.1:8080/", ["127.0.0.1"], None),
    ],
)
async def test_the_operator_allows_networks_and_places(
    allow: str, url: str, addresses: list[str], word: str | None
) -> None:
    assert await refusal(AddressGuard(allowed_from(allow), always(*addresses)), url) == word


@pytest.mark.parametrize("text", ["hook.example", "10.0.0.1/8", "hook.example:0", ":8080", "hook:port", "10.0.0.0/33"])
def test_exceptions_that_cannot_be_read_are_told(text: str) -> None:
    with pytest.raises(StartupError, match=r"^SHAREFLOW_WEBHOOK_ALLOW takes networks such as 10\.0\.0\.0/8 .*\.$"):
        _ = Settings({"SHAREFLOW_WEBHOOK_ALLOW": f"127.0.0.0/8,{text}"}).webhook_allow


async def test_the_settings_name_the_exceptions() -> None:
    assert await refusal(AddressGuard(Settings({}).webhook_allow), "https://127.0.0.1/") == "address_refused"
    allowed = Settings({"SHAREFLOW_WEBHOOK_ALLOW": "127.0.0.0/8"}).webhook_allow
    assert await refusal(AddressGuard(allowed), "https://127.0.0.1/") is None
