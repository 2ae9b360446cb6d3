"""What must hold of the proxies, line by line: nothing old, nothing smaller or shorter than what is behind them."""

import re
from collections.abc import Iterator

import pytest

from api.events.stream import HEARTBEAT_SECONDS
from configuration.settings import Settings
from starter.engine_client import PATIENCE
from tests.deploy.conftest import DEPLOY

PROXY = DEPLOY / "proxy"
CONFIGURED = {path.name: path.read_text("utf-8") for path in sorted(PROXY.glob("*.conf"))}
CADDY = (PROXY / "Caddyfile").read_text("utf-8")
OF_BROWSERS = "nginx.conf"
GRPC_MESSAGE = 4 * 2**20
"""The largest message of Temporal's, in bytes."""
LONG_POLL_SECONDS = 70
"""How long Temporal lets whoever asks for work wait, and a little."""
YEAR = 365 * 24 * 3600
SIZES = {"k": 2**10, "m": 2**20, "g": 2**30, "MB": 10**6, "MiB": 2**20}
USUAL = Settings({})
LARGEST = max(USUAL.body_limit, USUAL.attachment_limit, USUAL.dossier_limit)


def directives(text: str, name: str) -> list[str]:
    """The values of a directive of nginx's, comments apart."""
    return re.findall(rf"^\s*{name}\s+([^;{{]+);", text, re.M)


def blocks(text: str, name: str) -> Iterator[str]:
    """Each block of that name, to the brace that closes it."""
    for found in re.finditer(rf"^(\s*){name}\b[^{{\n]*{{\n(.*?)^\1}}", text, re.M | re.S):
        yield found[2]


def size(told: str) -> int:
    ((number, unit),) = re.findall(r"^(\d+)([A-Za-z]+)$", told)
    return int(number) * SIZES[unit]


def seconds(told: str) -> int:
    return int(told[:-1]) * {"s": 1, "m": 60, "h": 3600}[told[-1]]


@pytest.mark.parametrize("name", CONFIGURED)
def test_no_server_speaks_an_old_tls(name: str) -> None:
    servers = [*blocks(CONFIGURED[name], "server")]
    assert servers
    for server in servers:
        (spoken,) = directives(server, "ssl_protocols")
        assert {*spoken.split()} <= {"TLSv1.2", "TLSv1.3"}
        assert all("ssl" in each.split() for each in directives(server, "listen"))


def test_a_browser_comes_by_tls_alone_for_a_year() -> None:
    """Wherever a header is added in nginx, those from around it are gone: each place says it."""
    told = [each for each in directives(CONFIGURED[OF_BROWSERS], "add_header") if each.startswith("Strict-Transport")]
    adding = [text for text in blocks(CONFIGURED[OF_BROWSERS], "location") if directives(text, "add_header")]
    assert len(told) == 1 + len(adding)
    ages = [
        *re.findall(r"max-age=(\d+)", " ".join(told)),
        *re.findall(r"Strict-Transport-Security max-age=(\d+)", CADDY),
    ]
    assert len(ages) == len(told) + 1
    assert min(map(int, ages)) >= YEAR


def test_what_the_api_takes_comes_through() -> None:
    for name in ("nginx.conf", "systems.conf"):
        (taken,) = directives(CONFIGURED[name], "client_max_body_size")
        assert size(taken) >= LARGEST
    (caddy,) = re.findall(r"max_size (\S+)", CADDY)
    assert size(caddy) >= LARGEST
    (grpc,) = directives(CONFIGURED["temporal.conf"], "client_max_body_size")
    assert size(grpc) >= GRPC_MESSAGE


@pytest.mark.parametrize("name", ["nginx.conf", "systems.conf"])
def test_what_is_streamed_is_passed_on_at_once_and_waited_for(name: str) -> None:
    passed = [text for text in blocks(CONFIGURED[name], "location") if directives(text, "proxy_pass")]
    assert passed
    for location in passed:
        assert directives(location, "proxy_buffering") == ["off"]
        (wait,) = directives(location, "proxy_read_timeout")
        assert seconds(wait) >= 2 * max(HEARTBEAT_SECONDS, PATIENCE.total_seconds())
        headers = dict(each.split(maxsplit=1) for each in directives(location, "proxy_set_header"))
        assert headers["X-Forwarded-For"] == "$remote_addr", "what a caller said of it counts for nothing"
        assert headers["X-Forwarded-Proto"] == "$scheme"


def test_caddy_passes_on_at_once_whom_it_found_well() -> None:
    assert re.findall(r"flush_interval (\S+)", CADDY) == ["-1"]
    assert re.findall(r"health_uri (\S+)", CADDY) == ["/readyz"]
    assert re.findall(r"header_up X-Forwarded-For (\S+)", CADDY) == ["{remote_host}"]


def test_a_proxy_stands_before_the_place_where_the_api_listens() -> None:
    place = f"{USUAL.api_host}:{USUAL.api_port}"
    assert directives(CONFIGURED["nginx.conf"], "server") == [place]
    assert re.findall(r"reverse_proxy (\S+)", CADDY) == [place]
    for name in ("nginx.conf", "systems.conf"):
        assert {*directives(CONFIGURED[name], "proxy_pass")} == {"http://shareflow"}


def test_whoever_waits_for_work_of_temporal_is_not_cut_off() -> None:
    for name in ("grpc_read_timeout", "grpc_send_timeout"):
        (wait,) = directives(CONFIGURED["temporal.conf"], name)
        assert seconds(wait) > LONG_POLL_SECONDS


@pytest.mark.parametrize("name", ["temporal.conf", "systems.conf"])
def test_whoever_has_no_certificate_of_ours_is_turned_away(name: str) -> None:
    for server in blocks(CONFIGURED[name], "server"):
        assert directives(server, "ssl_verify_client") == ["on"]
        assert len(directives(server, "ssl_client_certificate")) == 1
