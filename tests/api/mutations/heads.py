"""Headers and paths that cannot be, around a body that could."""

import gzip
import random
import zlib
from collections.abc import Iterator

from tests.api.mutations.attempts import INVALID, MALFORMED, NO_JSON, TOO_LARGE, Mutator, WrongCall

PARSED_AWAY = frozenset({400})
"""What is no HTTP is refused before anything of ours sees it."""


def bad_headers(good: WrongCall) -> Iterator[Mutator]:
    """A good filing with every kind of header that spoils it."""

    def key(rng: random.Random) -> WrongCall:
        odd = [
            b"",
            b"a b",
            "键".encode(),
            b"\xff",
            b"x" * 256,
            b"x" * 5000,
            b"a\tb",
            "\u00e9".encode("latin-1"),
            b"\x80",
        ]
        return good.with_header(
            "idempotency key that cannot be", MALFORMED | INVALID, "Idempotency-Key", rng.choice(odd)
        )

    def other_type(rng: random.Random) -> WrongCall:
        types = [
            "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
            "text/json", "application/jsonp", "application/json-patch+json", "application/yaml", "*/*", "json", "",
            "application/cloudevents+json", "application", "application/", "/json", "application/octet-stream",
        ]  # fmt: skip
        return good.with_header("other type", NO_JSON, "Content-Type", rng.choice(types).encode())

    def other_charset(rng: random.Random) -> WrongCall:
        charset = rng.choice(["gbk", "utf-16", "latin-1", "utf-7", "utf-32", "x", '"gb2312"'])
        return good.with_header(
            "other charset", NO_JSON, "Content-Type", f"application/json; charset={charset}".encode()
        )

    def packed(rng: random.Random) -> WrongCall:
        name, body = rng.choice([("gzip", gzip.compress(good.body)), ("deflate", zlib.compress(good.body))])
        called = good.with_header("packed body", MALFORMED | NO_JSON, "Content-Encoding", name.encode())
        return called.but(called.kind, called.refused, body=body)

    def stated_length(rng: random.Random) -> WrongCall:
        length = rng.choice([b"9" * 12, b"1048577", b"2000000000", b"4294967297"])
        return good.with_header("length that is too large", TOO_LARGE, "Content-Length", length).but(
            "length that is too large", TOO_LARGE, body=b""
        )

    yield lambda _: good.with_header("no idempotency key", MALFORMED, "Idempotency-Key", None)
    yield lambda _: good.with_header("no type", NO_JSON, "Content-Type", None)
    yield from (key, other_type, other_type, other_charset, packed, stated_length)


def bad_preconditions(good: WrongCall) -> Iterator[Mutator]:
    """A good command that was meant for another state of the case."""

    def another_state(rng: random.Random) -> WrongCall:
        tags = [
            b'"1-0000000000000000"',
            b'""',
            b"x",
            b'W/"x"',
            b'"999-abcdef0123456789"',
            b'"*"',
            b"'*'",
            b"\xff",
            b",",
            b"",
        ]
        return good.with_header("another state", frozenset({412}), "If-Match", rng.choice(tags))

    yield another_state


def bad_paths(good: WrongCall, request_id: str) -> Iterator[Mutator]:
    """A good command to a case that is not there."""
    nowhere = frozenset({404, 405, 422})

    def elsewhere(rng: random.Random) -> WrongCall:
        odd = [
            f"{request_id}0", request_id[:-1], request_id.lower(), request_id[::-1], "NANTONG-AAAAAAAAAAAAAAAA",
            "x" * 300, "%00", f"{request_id}%00", f"{request_id}%20", f"%20{request_id}", "%2e%2e", "..", ".", "*",
            "%25", "%ff", "%E9%94%AE", "'%20OR%201=1--", f"{request_id}%0d%0aX:1", f"{request_id};a=b", "%5c",
            f"{request_id}%2Fevents",
        ]  # fmt: skip
        return good.but("case that is not there", nowhere, path=f"/v1/requests/{rng.choice(odd)}/commands")

    def other_method(rng: random.Random) -> WrongCall:
        method = rng.choice(["PUT", "PATCH", "DELETE", "GET", "TRACE", "OPTIONS"])
        return good.but("other method", frozenset({405}), method=method)

    def other_endpoint(rng: random.Random) -> WrongCall:
        paths = [
            "/v1/requests//commands",
            "/v1/requests/commands",
            f"/v1/requests/{request_id}/commands/",
            "/v2/requests",
        ]
        paths += [f"/v1/requests/{request_id}/command", "/", "/v1", "//v1/requests", "/V1/requests", "/v1/requests/"]
        return good.but("endpoint that is not there", frozenset({404, 405}), path=rng.choice(paths))

    yield from (elsewhere, other_method, other_endpoint)


def no_http(good: WrongCall) -> Iterator[Mutator]:
    """Lines that are no HTTP, or that would be two requests to somebody else."""

    def odd_value(rng: random.Random) -> WrongCall:
        value = rng.choice([b"a\nX-Injected: 1", b"a\x00b", b"a\r", b"a\r\n\x00: b", b"\x01", b"a\x7f"])
        return good.with_header("value that is no header's", PARSED_AWAY, "X-Noise", value)

    def odd_name(rng: random.Random) -> WrongCall:
        name = rng.choice(["X Noise", "X-Noise ", "X\x00", "X(", "", "X\tY", "X@Y", "[X]"])
        return good.with_header("name that is no header's", PARSED_AWAY, name, b"1")

    def two_lengths(rng: random.Random) -> WrongCall:
        length = b"%d" % len(good.body)
        lengths = [length, rng.choice([b"0", b"1", b"-1", b"x", b"0x10", b"+5", length + b"0"])]
        rng.shuffle(lengths)
        kept = [("Content-Length", value) for value in lengths]
        return good.but("two lengths", PARSED_AWAY, headers=[*good.headers, *kept])

    def odd_length(rng: random.Random) -> WrongCall:
        value = rng.choice([b"-1", b"x", b"0x10", b"1,2", b"1 2", b"+5", b"9" * 30])
        return good.with_header("length that is none", PARSED_AWAY, "Content-Length", value)

    def smuggled(rng: random.Random) -> WrongCall:
        coding = rng.choice([b"chunked", b"chunked, identity", b"xchunked", b"identity"])
        kept = [("Content-Length", b"%d" % len(good.body)), ("Transfer-Encoding", coding)]
        return good.but("length and chunks", PARSED_AWAY, headers=[*good.headers, *kept])

    def bad_chunks(rng: random.Random) -> WrongCall:
        body = rng.choice(
            [b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\nabc", b"5\r\nabcdefgh\r\n0\r\n\r\n", b"ffffffffffffffffff\r\nx"]
        )
        called = good.with_header("chunks that are none", PARSED_AWAY, "Transfer-Encoding", b"chunked")
        return called.but(called.kind, called.refused, body=body)

    def odd_line(rng: random.Random) -> WrongCall:
        path = rng.choice(["", " ", "/v1/requests\tx", "v1/requests", "/v1/re quests", "/v1/requests\x00", "/v1/\x7f"])
        method = rng.choice(["POST", "P OST", "POST/", "\x00", "GÉT"])
        return good.but("line that is none", PARSED_AWAY, path=path, method=method)

    def endless_head(rng: random.Random) -> WrongCall:
        many = rng.choice([1, 2000])
        noise = [(f"X-Noise-{number}", b"x" * (1_000_000 // many)) for number in range(many)]
        return good.but("head without end", frozenset({431}), headers=[*good.headers, *noise])

    yield from (odd_value, odd_name, two_lengths, odd_length, smuggled, bad_chunks, odd_line, endless_head)
