"""The chart takes each setting of the program that it does not say itself, and no value that stops the program."""

import json
import re
from typing import Any, Final

import pytest

from configuration.errors import StartupError
from configuration.settings import Settings, every_setting
from tests.deploy.conftest import DEPLOY

CHART: Final = DEPLOY / "helm/shareflow"
SCHEMA: Final = json.loads((CHART / "values.schema.json").read_text("utf-8"))
TAKEN: Final[dict[str, dict[str, Any]]] = SCHEMA["properties"]["settings"]["properties"]
TEMPLATES: Final = "\n".join(path.read_text("utf-8") for path in sorted((CHART / "templates").iterdir()))
ELSEWHERE: Final = {"SHAREFLOW_API_SOCKET", "OTEL_EXPORTER_OTLP_ENDPOINT"}
"""What nobody holds open in a pod, and what is taken with the other settings of its standard."""
PROBES: Final = (
    "many", "0", "-1", "1.5", "3", "365", "99999", "9" * 11, "10/minute", "0/minute", "often", "on", "off", "yes",
    "sm3", "md5", "info", "loud", "08:30", "24:00", "8:30", "tls", "host:25", "host", "host:0",
    "https://oss.example.gov.cn", "ftp://oss",
)  # fmt: skip


def said_by_the_chart() -> set[str]:
    """By itself, from another value, or as a file of a Secret."""
    as_files = SCHEMA["properties"]["secrets"]["properties"]["others"]["propertyNames"]["enum"]
    named = {re.sub("_FILE$", "", name) for name in re.findall(r"\b(?:SHAREFLOW|TEMPORAL)_[A-Z0-9_]+\b", TEMPLATES)}
    return named | {*as_files} | {f"{name}_FILE" for name in as_files}


def takes(schema: dict[str, Any], value: str) -> bool:
    """Whether a word may stand there; of JSON's schemas what stands among the settings is understood."""
    if "enum" in schema:
        return value in schema["enum"]
    kind = SCHEMA["definitions"][schema["$ref"].rpartition("/")[2]]
    return re.search(kind["pattern"], value) is not None


def test_each_setting_is_said_once() -> None:
    of_processes = {
        each.variable for each in every_setting() if each.part not in ("`shareflow up`", "the command line")
    }
    others = {name for name in of_processes if not name.startswith("TEMPORAL_")} - ELSEWHERE - said_by_the_chart()
    assert others == TAKEN.keys()


@pytest.mark.parametrize("name", TAKEN)
def test_what_the_chart_takes_the_program_takes(name: str) -> None:
    for value in (probe for probe in PROBES if takes(TAKEN[name], probe)):
        assert not stops_the_program(name, value), value


def stops_the_program(name: str, value: str) -> bool:
    """Whether the value itself is refused; what else has to be said with it is not looked at here."""
    try:
        Settings({name: value}).refuse_wrong_ones()
    except StartupError as refused:
        return name in str(refused)
    return False


def test_a_usual_value_is_taken() -> None:
    for each in every_setting():
        if each.variable in TAKEN and each.usual:
            assert takes(TAKEN[each.variable], each.usual), each.variable
