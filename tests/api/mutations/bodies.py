"""Bodies that are no JSON, say two things at once, or say what cannot be."""

import json
import random
from collections.abc import Iterator
from typing import Any

from tests.api.mutations.attempts import FORBIDDEN, INVALID, MALFORMED, TOO_LARGE, Mutator, WrongCall
from tests.api.mutations.values import CANNOT_BE, STRANGE_KEYS, Json, changed, groups, spoilt, texts


def written(message: Any) -> bytes:
    """JSON as it goes over the wire; half characters as escapes, the rest as it is or escaped."""
    text = json.dumps(message, ensure_ascii=False)
    return "".join(x if x < "\ud800" or x > "\udfff" else f"\\u{ord(x):04x}" for x in text).encode()


def bad_filings(good: WrongCall, message: Json) -> Iterator[Mutator]:
    """A good filing with every kind of body that files nothing."""

    def sent(kind: str, said: Any, refused: frozenset[int] = INVALID) -> WrongCall:
        return good.but(kind, refused, body=said if isinstance(said, bytes) else written(said))

    def wrong_value(rng: random.Random) -> WrongCall:
        path = rng.choice(list(CANNOT_BE))
        return sent(f"{path[-1]} that cannot be", changed(message, path, rng.choice(CANNOT_BE[path])))

    def bad_character(rng: random.Random) -> WrongCall:
        path, text = rng.choice(list(texts(message)))
        return sent("character that no text may have", changed(message, path, spoilt(text, rng)))

    def unknown_key(rng: random.Random) -> WrongCall:
        path, _ = rng.choice(list(groups(message)))
        key = rng.choice([*STRANGE_KEYS, f"key{rng.randrange(1000)}"])
        return sent("unknown key", changed(message, (*path, key), rng.choice([1, "x", None, {}, []])))

    def key_missing(rng: random.Random) -> WrongCall:
        needed = [path for path in CANNOT_BE if path[-1] in ("statute", "purpose", "scope", "code", "name")]
        path = rng.choice([*needed, ("request", "requester"), ("request", "resource", "sharing_class")])
        said = changed(message, path, None)
        group: Any = said
        for step in path[:-1]:
            group = group[step]
        del group[path[-1]]
        return sent("required key missing", said)

    def somebody_else(rng: random.Random) -> WrongCall:
        code = message["request"]["requester"]["code"]
        other = rng.choice([f"{code}0", code[:-1], code[::-1], "113299999999999999", code.lower() + "x"])
        return sent("filed for somebody else", changed(message, ("request", "requester", "code"), other), FORBIDDEN)

    def no_object(rng: random.Random) -> WrongCall:
        said = rng.choice([[], [message], "x", 1, None, True, {}, {"request": message}, {"statute": "nantong-2020"}])
        return sent("no filing at all", said)

    yield from (wrong_value, wrong_value, wrong_value, bad_character, bad_character, unknown_key)
    yield from (key_missing, somebody_else, no_object)
    yield from no_json(good, message)


def no_json(good: WrongCall, message: Json) -> Iterator[Mutator]:
    """A good call with a body that is not JSON, or not one that all read alike."""
    body = written(message)

    def sent(kind: str, said: bytes, refused: frozenset[int] = MALFORMED) -> WrongCall:
        return good.but(kind, refused, body=said)

    def truncated(rng: random.Random) -> WrongCall:
        return sent("truncated", body[: rng.randrange(1, len(body))])

    def key_twice(rng: random.Random) -> WrongCall:
        path, group = rng.choice([(path, group) for path, group in groups(message) if group])
        key = rng.choice(list(group))
        mark = f"twice-{rng.random()}"
        said = written(changed(message, (*path, mark), group[key] if rng.random() < 0.5 else None))
        return sent("key twice", said.replace(json.dumps(mark).encode(), written(key)))

    def no_utf8(rng: random.Random) -> WrongCall:
        noise = rng.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\xe4\xb8", b"\x80"])
        place = body.index(b"purpose") + len(b'purpose": "')
        return sent("no UTF-8", body[:place] + noise + body[place:])

    def other_encoding(rng: random.Random) -> WrongCall:
        encoding = rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "gb18030", "utf-7"])
        text = body.decode()
        said = b"+AHs-" + text.encode("utf-7") if encoding == "utf-7" else text.encode(encoding)
        return sent(f"{encoding} for UTF-8", said)

    def number_that_is_none(rng: random.Random) -> WrongCall:
        literal = rng.choice([b"NaN", b"Infinity", b"-Infinity", b"0x10", b"01", b"+1", b"1.", b".5", b"1e", b"--1"])
        said = body.replace(b'"item_count": 3', b'"item_count": ' + literal)
        return sent("number that is none", said)

    def number_that_is_too_large(rng: random.Random) -> WrongCall:
        literal = rng.choice([b"9" * 4000, b"9" * 6000, b"1e400", b"-1e400", b"1" + b"0" * 300, b"1e-400", b"1E+999"])
        said = body.replace(b'"item_count": 3', b'"item_count": ' + literal)
        return sent("number that is too large", said, MALFORMED | INVALID)

    def nearly_json(rng: random.Random) -> WrongCall:
        wrong = [
            body[:-1] + b",}", body + b"}", body + body, body.replace(b'"', b"'"), b"/* */" + body, body + b"// x",
            body + b"\x00", b"statute: nantong-2020", b"<xml/>", b"a=b&c=d", b"{,}", b"{]", b"undefined", b"\x00",
            body.replace(b": ", b" = ", 1), body.replace(b"true", b"True").replace(b"false", b"False"), b"[" * 40,
        ]  # fmt: skip
        said = rng.choice(wrong)
        return sent("nearly JSON", said if said != body else b"{")

    def too_deep(rng: random.Random) -> WrongCall:
        levels = rng.choice([65, 66, 100, 500, 5000, 50_000])
        opened, closed = rng.choice([(b"[", b"]"), (b'{"a":', b"}")])
        inner = opened * levels + b"1" + closed * levels
        return sent("too deep", rng.choice([inner, b'{"statute": "a", "request": ' + inner + b"}"]))

    def too_large(rng: random.Random) -> WrongCall:
        much = rng.choice([1024 * 1024 + 1 - len(body), 1024 * 1024, 2 * 1024 * 1024])
        return sent("too large", body + b" " * much if rng.random() < 0.5 else b"x" * much + body, TOO_LARGE)

    def nothing(rng: random.Random) -> WrongCall:
        return sent("nothing", rng.choice([b"", b" ", b"\n\n"]), MALFORMED | INVALID)

    yield from (truncated, truncated, key_twice, no_utf8, other_encoding, number_that_is_none, nearly_json)
    yield from (number_that_is_too_large, too_deep, nothing, too_large)


def bad_events(good: WrongCall, message: Json) -> Iterator[Mutator]:
    """A good event that files a request, with an envelope or data that cannot be."""

    def sent(kind: str, said: Any) -> WrongCall:
        return good.but(kind, INVALID, body=written(said))

    def wrong_envelope(rng: random.Random) -> WrongCall:
        name = rng.choice(["specversion", "id", "source", "type", "data"])
        odd = [None, "", 1, True, [], "x" * 256, "a\x00", "a\ud800", "a\nb"]
        return sent(f"{name} that cannot be", changed(message, (name,), rng.choice(odd)))

    def unknown_type(rng: random.Random) -> WrongCall:
        kind = rng.choice(
            ["request_submitted.v2", "request_submited.v1", "request.granted.v1", "x", "Request_submitted"]
        )
        return sent("type that is not known", changed(message, ("type",), f"cn.gov.shareflow.platform.{kind}"))

    def wrong_data(rng: random.Random) -> WrongCall:
        path = rng.choice(list(CANNOT_BE))
        return sent(f"{path[-1]} in data", changed(message, ("data", *path), rng.choice(CANNOT_BE[path])))

    def wrong_attribute(rng: random.Random) -> WrongCall:
        name, odd = rng.choice(
            [("time", "now"), ("datacontenttype", "text/plain"), ("data_base64", "e30="), ("a-b", 1)]
        )
        return sent("attribute that cannot be", changed(message, (name,), odd))

    yield from (wrong_envelope, unknown_type, wrong_data, wrong_attribute)
    yield from no_json(good, message)


def bad_commands(good: WrongCall, message: Json) -> Iterator[Mutator]:
    """A good refusal by the provider with every kind of body that does nothing to the case."""
    yield from _said_wrongly(good, message)
    yield from _not_theirs(good, message)


def _said_wrongly(good: WrongCall, message: Json) -> Iterator[Mutator]:
    def sent(kind: str, said: Any) -> WrongCall:
        return good.but(kind, INVALID, body=written(said))

    def unknown_command(rng: random.Random) -> WrongCall:
        names = ["Refuse", "refuse ", "", "delete", "filed", "close", None, 1, [], {}, True, ["refuse"], "refuse\x00"]
        return sent("unknown command", changed(message, ("command",), rng.choice(names)))

    def wrong_field(rng: random.Random) -> WrongCall:
        odd = [[], {}, True, 1.5, "长" * 10_001, spoilt("理由", rng)]
        field = rng.choice(["reason", "legal_basis"])
        return sent("field that cannot be", changed(message, (field,), rng.choice(odd)))

    def unknown_field(rng: random.Random) -> WrongCall:
        key = rng.choice([*STRANGE_KEYS, "raeson", "actor", "role", "org", "received_at", "places"])
        return sent("unknown field", changed(message, (key,), rng.choice([1, "x", {}, []])))

    def two_places(rng: random.Random) -> WrongCall:
        under = rng.choice([{"reason": "x"}, {}, {"legal_basis": "x"}])
        return sent("fields in two places", changed(message, ("with",), under))

    def wrong_with(rng: random.Random) -> WrongCall:
        under = rng.choice([[], "x", 1, True, [["reason", 1]]])
        return sent("with that is no group", {"command": "refuse", "with": under})

    def says_nothing(rng: random.Random) -> WrongCall:
        return sent("no reason", changed(message, ("reason",), rng.choice([None, "", "  ", "\t"])))

    def wrong_terms(rng: random.Random) -> WrongCall:
        odd = [[], 1, True, {"scop": "x"}, {"expires_on": "soon"}, {"conditions": [1.5]}, {"conditions": ["x"] * 51}]
        return sent("terms that cannot be", {"command": "grant", "terms": rng.choice(odd)})

    yield from (unknown_command, wrong_field, unknown_field, two_places, wrong_with, says_nothing, wrong_terms)


def _not_theirs(good: WrongCall, message: Json) -> Iterator[Mutator]:
    def sent(kind: str, said: Any, refused: frozenset[int]) -> WrongCall:
        return good.but(kind, refused, body=written(said))

    def wrong_role(rng: random.Random) -> WrongCall:
        role = rng.choice(["requester", "bureau", "government", "leading_group", "operator", "auditor", "platform"])
        return sent("role of others", changed(message, ("as",), role), FORBIDDEN)

    def no_role(rng: random.Random) -> WrongCall:
        role = rng.choice(["Provider", "", "admin", 1, [], {}, ["provider"], True])
        return sent("role that is none", changed(message, ("as",), role), INVALID)

    def command_of_others(rng: random.Random) -> WrongCall:
        name = rng.choice(["accept", "decline", "withdraw", "urge", "decide", "adjudicate", "refer", "refer_final"])
        return sent("command of others", {"command": name, "reason": "x"}, FORBIDDEN)

    def not_now(rng: random.Random) -> WrongCall:
        terms = {"scope": "x"}
        said = rng.choice(
            [{"command": "propose", "terms": terms}, {"command": "agree"}, {"command": "deliver", "mode": "api"}]
        )
        return sent("not now", said, frozenset({409}))

    yield from (wrong_role, no_role, command_of_others, not_now)
