"""No dead code: whatever the product defines is used by the product, a measurement or an example.

What frameworks call by name or decorator is known to them, not to us, and listed here. What only tests use is listed
too, each with who it is for: a test alone is no reason to keep code.
"""

from pathlib import Path
from typing import Final

import pytest
from vulture import Vulture

from tests.house.code import ROOT, product, shown

REGISTERED_BY: Final = [
    "@*command",
    "@*.command",
    "@*.callback",
    "@*.middleware",
    "@*.exception_handler",
    "@*.validator",
    "@field_validator",
    "@model_validator",
    "@pytest.fixture",
    "@activity.*",
    "@workflow.*",
    *(f"@*.{method}" for method in ("delete", "get", "head", "post", "put")),
]
CALLED_BY_NAME: Final = {
    "log_message": "http.server asks for it",
    "do_POST": "http.server asks for it",
    "capture_signals": "uvicorn asks for it",
    "send_400_response": "uvicorn asks for it",
    "intercept_activity": "temporalio asks for it",
    "pytest_addoption": "pytest asks for it",
    "get_calendar_holidays": "workalendar asks for it",
    "secrecy_assessment": "findings reads it by its name",
    "privacy_assessment": "findings reads it by its name",
    "head_consent": "findings reads it by its name",
    "_without_what_says_nothing": "pydantic: a serializer",
    "detail_zh": "pydantic: a field that is worked out where a result is written down",
    "to_payload": "temporalio asks for it",
    "from_payload": "temporalio asks for it",
    "with_context": "temporalio asks for it",
    "process_bind_param": "SQLAlchemy asks for it",
    "process_result_value": "SQLAlchemy asks for it",
}
FOR_OTHERS: Final = {
    "async_client": "the engine in others' tests",
    "is_provisional": "whoever uses the calendar as one of workalendar's",
    "is_holiday": "whoever uses the calendar as one of workalendar's",
    "sub_working_days": "whoever uses the calendar as one of workalendar's",
    "find_following_working_day": "whoever uses the calendar as one of workalendar's",
    "add_months": "whoever counts with WorkingDays itself",
    "add_days": "whoever counts with WorkingDays itself",
    "Witness": "another authority, which cosigns checkpoints",
    "prove_person": "whoever is told later who a withheld person was",
    "who_may": "the matrix of permissions",
    "meets": "whoever checks that a picture's shapes are apart",
    "once": "whoever steps the dispatcher by hand",
    "read_scenario": "whoever plays one file without the command line",
}
USERS: Final = ("bench", "docs/examples")
KINDS: Final = ("class", "function", "method", "property")


def unused(*paths: Path) -> set[tuple[str, str]]:
    """Files and names that are defined in these paths and never used there."""
    search = Vulture(ignore_names=["__*__", "test_*"], ignore_decorators=list(REGISTERED_BY))
    search.scavenge([str(path) for path in paths], exclude=["*/migrations/versions/*"])
    return {
        (shown(Path(item.filename)) if ROOT in Path(item.filename).parents else item.filename, item.name)
        for item in search.get_unused_code(min_confidence=60)
        if item.typ in KINDS
    }


@pytest.fixture(scope="module")
def found() -> set[tuple[str, str]]:
    """All that nobody uses."""
    return unused(*product(), *(ROOT / user for user in USERS))


def test_nothing_is_dead(found: set[tuple[str, str]]) -> None:
    assert {(file, name) for file, name in found if name not in CALLED_BY_NAME | FOR_OTHERS} == set()


def test_nothing_is_excused_that_is_used_or_gone(found: set[tuple[str, str]]) -> None:
    assert (CALLED_BY_NAME | FOR_OTHERS).keys() == {name for _, name in found}


def test_a_dead_function_would_be_found(tmp_path: Path) -> None:
    path = tmp_path / "some.py"
    path.write_text("def used() -> None: ...\ndef idle() -> None: ...\nused()\n", encoding="utf-8")
    assert [name for _, name in unused(path)] == ["idle"]
