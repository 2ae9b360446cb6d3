"""The person of a command on the command line: named where the machine names one, and never a reason to fail."""

import os
import pwd

import pytest

from cli.who import who

NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")


@pytest.fixture(autouse=True)
def nobody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_the_variable_names_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "wang")
    assert who() == "wang"


def test_else_the_list_of_users_does() -> None:
    assert who() == pwd.getpwuid(os.getuid()).pw_name


def test_an_id_in_no_list_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a number."""
    taken = {each.pw_uid for each in pwd.getpwall()}
    free = next(number for number in range(60_000, 2**31) if number not in taken)
    monkeypatch.setattr(os, "getuid", lambda: free)
    assert who() == "unknown"
