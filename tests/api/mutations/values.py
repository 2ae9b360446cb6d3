"""What each field of a message cannot be, and how a message is changed in one place."""

import copy
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

Path = tuple[str | int, ...]
Json = dict[str, Any]

NO_TEXT: Final = ([], {}, ["x"], {"x": 1}, True, False, 1.5)
LONG: Final = ("长" * 10_001,)
NO_TRUTH: Final = ("true", "yes", 1, 0, None, [], {}, 1.5)
NO_DATE: Final = ("tomorrow", "2027-02-30", "2027-13-01", "20270930", "2027-09-30T00:00:00Z", 1790000000, True, [], {})
NO_NUMBER: Final = (0, -1, 1_000_001, 1.5, "x", "1e3", "", True, False, [], {}, 10**400, 1e308)
NO_GROUP: Final = (None, [], "x", 1, True)
NO_CODE: Final = (*NO_TEXT, "a b", "市民政局", "x" * 65, "a\tb", "a%00b", "<script>")

CANNOT_BE: Final[Mapping[Path, Sequence[Any]]] = {
    ("statute",): (*NO_TEXT, None, "", "nowhere-2020", "NANTONG-2020", "../nantong-2020", "x" * 201),
    ("request",): NO_GROUP,
    ("request", "requester"): NO_GROUP,
    ("request", "requester", "code"): (*NO_CODE, None),
    ("request", "requester", "name"): (*NO_TEXT, None, "", "x" * 201),
    ("request", "provider"): NO_GROUP,
    ("request", "provider", "code"): (*NO_CODE, None, ""),
    ("request", "provider", "name"): (*NO_TEXT, None, "", " "),
    ("request", "resource"): NO_GROUP,
    ("request", "resource", "code"): (*NO_CODE, None, ""),
    ("request", "resource", "name"): (*NO_TEXT, None, ""),
    ("request", "resource", "sharing_class"): (*NO_TEXT, None, "", "free", "Conditional", 1),
    ("request", "resource", "authorization"): (*NO_TEXT, "", "nobody", 1),
    ("request", "purpose"): (*NO_TEXT, *LONG, None, "", " \t\n"),
    ("request", "scope"): (*NO_TEXT, *LONG, None, ""),
    ("request", "item_count"): NO_NUMBER,
    ("request", "legal_basis"): (*NO_TEXT, *LONG),
    ("request", "service_mode"): (*NO_TEXT, "", "fax", "API"),
    ("request", "use_until"): NO_DATE,
    ("request", "involves_provincial_department"): NO_TRUTH,
    ("request", "cross_level"): NO_TRUTH,
    ("request", "contains_state_secret"): (*NO_TRUTH, True),
    ("request", "justification"): (*NO_TEXT, *LONG),
    ("request", "documents"): (
        *(None, "x", {}, 1, [5], [None], [{}], [[]], [{"name": ""}], [{"name": "a", "size": 1}], ["a"] * 101),
        *([{"name": "a", "sha256": "0" * 63}], [{"name": "a", "sha256": "G" * 64}], [{"name": "a", "sealed": 1}]),
    ),
    ("request", "disputes_grant"): (*NO_TEXT, "a b", "x" * 65),
}
"""Values that make a filing one that nobody can take, by where they stand."""

UNFIT: Final = (
    *("\x00", "\x01", "\x08", "\x0b", "\x1b", "\x1f", "\x7f", "\x85", "\x9f"),
    *("\ud800", "\udbff", "\udc00", "\udfff", "\u202a", "\u202e", "\u2066", "\u2069"),
)
"""Characters that no text may have, wherever they stand in it."""

STRANGE_KEYS: Final = (
    *("colour", "statut", "__proto__", "constructor", "$ref", "", " ", "request ", "Request", "id", "request_id"),
    *("stage", "outcome", "head", "filed_at", "shift", "policy", "all_editions", "键", "k" * 3000, "a.b", "a[0]"),
)


def changed(message: Json, path: Path, value: Any) -> Json:
    """A copy of a message with something else at one place."""
    copied = copy.deepcopy(message)
    group: Any = copied
    for step in path[:-1]:
        group = group[step]
    group[path[-1]] = value
    return copied


def texts(message: Any, above: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a message, with where it stands."""
    if isinstance(message, str):
        yield above, message
    elif isinstance(message, dict | list):
        for key, value in message.items() if isinstance(message, dict) else enumerate(message):
            yield from texts(value, (*above, key))


def groups(message: Any, above: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every group of keys in a message, with where it stands."""
    if isinstance(message, dict):
        yield above, message
        for key, value in message.items():
            yield from groups(value, (*above, key))
    elif isinstance(message, list):
        for place, value in enumerate(message):
            yield from groups(value, (*above, place))


def spoilt(text: str, rng: random.Random) -> str:
    """A text with a character in it that no text may have."""
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(UNFIT) + text[place:]
