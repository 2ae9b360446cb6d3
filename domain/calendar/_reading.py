"""Strict reading of the JSON files that hold editions and packaged data."""

from __future__ import annotations

import json
import re
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable

from domain.calendar.errors import CalendarError

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class _DuplicateKeyError(Exception):
    """A JSON object that says the same key twice; json would silently keep the last."""


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result: dict[str, object] = {}
    for key, value in pairs:
        if key in result:
            raise _DuplicateKeyError(key)
        result[key] = value
    return result


def read_object(text: str, where: str) -> dict[str, object]:
    """The JSON object in ``text``; raises CalendarError, naming ``where``, for anything else."""
    try:
        value: object = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_unique)
    except _DuplicateKeyError as error:
        raise CalendarError(f"{where}: {error}: the key is given twice.") from None
    except json.JSONDecodeError as error:
        raise CalendarError(
            f"{where}: line {error.lineno}: this is not JSON ({error.msg[:1].lower()}{error.msg[1:]})."
        ) from None
    except RecursionError:
        raise CalendarError(f"{where}: this is not an edition: it is nested too deeply.") from None
    except ValueError as error:
        # json raises a bare ValueError for an integer of thousands of digits.
        raise CalendarError(f"{where}: this is not usable JSON ({error}).") from None
    if not isinstance(value, dict):
        raise CalendarError(f"{where}: an edition is one JSON object, not {_kind(value)}.")
    return value


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def parse_date(value: object, where: str, key: str) -> date:
    """``value`` as a date written YYYY-MM-DD; raises CalendarError naming file and key."""
    # fromisoformat alone also takes 20270101 and 2027-W01-1, which in a notice are typing slips.
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise CalendarError(f"{where}: {key}: {value!r} is not a date of the form YYYY-MM-DD.")


def data_directory() -> Traversable:
    """The packaged data of the calendar."""
    return files("domain.calendar").joinpath("data")
