"""Every setting is declared once, read in one place, told in one table, and refused in one sentence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from configuration.errors import StartupError
from configuration.setting import Setting
from configuration.settings import Settings, every_setting
from tests.house.code import ROOT, everything, product, shown, tree
from tests.settings_table import table

ELSEWHERE = {
    "SHAREFLOW_LONG_TESTS": "docs/testing.md",
    "SHAREFLOW_CI_LONG": "docs/testing.md",
    "SHAREFLOW_BENCH_CASES": "README.md",
    "SHAREFLOW_BENCH_LISTED": "README.md",
    "SHAREFLOW_BENCH_LOGGED": "README.md",
    "SHAREFLOW_BENCH_PAGED": "README.md",
    "SHAREFLOW_API": "docs/api.md",
}
"""What tests, measurements and the walks of documents read, and no program; each with the document that tells of it."""
TEMPORALS_OWN = "load_client_connect_config"
NAMED = re.compile(r"\bSHAREFLOW_[A-Z]+(?:_[A-Z]+)*\b(?!_)")
WRONG = {
    "SHAREFLOW_TEMPORAL_PORT": "x",
    "SHAREFLOW_UI_PORT": "65536",
    "SHAREFLOW_HEALTH_PORT": "0",
    "SHAREFLOW_WORKERS": "65",
    "SHAREFLOW_API_PORT": "80800",
    "SHAREFLOW_BODY_LIMIT": "-1",
    "SHAREFLOW_RATE_LIMIT": "often",
    "SHAREFLOW_FAILURE_LIMIT": "0.5",
    "SHAREFLOW_ATTACHMENT_LIMIT": "20M",
    "SHAREFLOW_DOSSIER_LIMIT": "64M",
    "SHAREFLOW_VERIFY_PAGE": "yes",
    "SHAREFLOW_SIMULATIONS": "yes",
    "SHAREFLOW_FEED_DAYS": "0",
    "SHAREFLOW_CHECKPOINT_HOURS": "0",
    "SHAREFLOW_OIDC_ISSUER": "http://issuer.example",
    "SHAREFLOW_PUBLIC_URL": "share.example.gov.cn",
    "SHAREFLOW_WEBHOOK_ALLOW": "10.0.0.1/8",
    "SHAREFLOW_TRUSTED_PROXIES": "proxy.example",
    "SHAREFLOW_API_UNREADY": "601",
    "SHAREFLOW_API_HEALTH_PORT": "0",
    "SHAREFLOW_MAIL_SERVER": "mail.example.gov.cn",
    "SHAREFLOW_MAIL_SECURITY": "some",
    "SHAREFLOW_DAILY_AT": "8:3",
}
"""A value for each setting that can be wrong in itself; ``SHAREFLOW_DIGEST`` is told by the algorithms there are."""


def reads_of_the_environment(module: ast.AST) -> Iterator[int]:
    """The lines on which a module asks for the environment of its process, whatever it calls ``os``.

    Temporal's own client configuration reads it too, unless it is handed one, and so does whoever asks for the user.
    """
    names = ("environ", "environb", "getenv", "getenvb", "getuser")
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), keywords=said) if name == TEMPORALS_OWN:
                if not any(each.arg == "override_env_vars" for each in said):
                    yield node.lineno
            case ast.Attribute(value=ast.Name(), attr=name) if name in names:
                yield node.lineno
            case ast.ImportFrom(module="os" | "getpass") if any(each.name in names for each in node.names):
                yield node.lineno


def test_the_environment_is_read_in_one_place() -> None:
    """What an operator sets; who somebody is at the command line is no setting, and asked in one place too."""
    found = {shown(path) for path in product() if list(reads_of_the_environment(tree(path)))}
    assert found == {"configuration/settings.py", "cli/who.py"}


def test_a_read_of_the_environment_is_found() -> None:
    for text in (
        "import os\nos.environ['X']",
        "import os as o\no.getenv('X')",
        "from os import environ",
        "import getpass\ngetpass.getuser()",
        "from getpass import getuser",
        "ClientConfig.load_client_connect_config()",
    ):
        assert list(reads_of_the_environment(ast.parse(text))), text


def test_no_variable_is_declared_twice() -> None:
    names = [each.variable for each in every_setting()]
    assert len(names) == len(set(names))


def test_the_table_is_what_the_settings_say() -> None:
    assert table() in (ROOT / "docs/operations.md").read_text("utf-8"), "run: python -m tests.settings_table"


def test_no_document_tells_of_a_setting_that_there_is_not() -> None:
    declared = {each.variable for each in every_setting()} | ELSEWHERE.keys()
    for document in sorted(ROOT.glob("docs/**/*.md")):
        for name in re.findall(r"`(SHAREFLOW_[A-Z_]+)`", document.read_text("utf-8")):
            assert name in declared, f"{document.name}: {name}"


def test_every_variable_that_a_file_names_is_told_of_in_a_document() -> None:
    """In tests and measurements too; the table has those of programs."""
    told = {each.variable for each in every_setting()} | {each.file_variable for each in every_setting() if each.secret}
    told |= {name for name, document in ELSEWHERE.items() if name in (ROOT / document).read_text("utf-8")}
    files = [*everything(), ROOT / "Makefile"]
    named = {(shown(path), name) for path in files for name in NAMED.findall(path.read_text("utf-8"))}
    assert {found for found in named if found[1] not in told} == set()


@pytest.mark.parametrize("setting", list(every_setting()), ids=lambda each: each.variable)
def test_nothing_said_is_a_value(setting: Setting[object]) -> None:
    assert setting.__get__(Settings({}), Settings) == setting.__get__(Settings({setting.variable: ""}), Settings)


@pytest.mark.parametrize(("variable", "value"), WRONG.items(), ids=WRONG)
def test_a_wrong_value_is_one_sentence_that_names_it(variable: str, value: str) -> None:
    with pytest.raises(StartupError) as refused:
        Settings({variable: value}).refuse_wrong_ones()
    said = str(refused.value)
    assert said.startswith(variable)
    assert said.endswith(".")
    assert "\n" not in said


def test_a_digest_that_is_none_is_one_sentence() -> None:
    with pytest.raises(StartupError, match="'md5' is no digest algorithm of the ledger: use sm3 or sha256"):
        _ = Settings({"SHAREFLOW_DIGEST": "md5"}).digest


def test_what_was_said_when_they_were_read_stays() -> None:
    environment = {"SHAREFLOW_API_PORT": "8081"}
    settings = Settings(environment)
    environment["SHAREFLOW_API_PORT"] = "8082"
    assert settings.api_port == 8081


def test_temporals_own_variables_are_read_once_with_them(tmp_path: Path) -> None:
    file = tmp_path / "temporal.toml"
    file.write_text('[profile.default]\naddress = "in-the-file:7233"\nnamespace = "ours"\n', encoding="utf-8")
    environment = {"TEMPORAL_CONFIG_FILE": str(file)}
    settings = Settings(environment)
    environment["TEMPORAL_ADDRESS"] = "later:7233"
    assert (settings.temporal.get("target_host"), settings.temporal.get("namespace")) == ("in-the-file:7233", "ours")
    file.write_text('[profile.default]\naddress = "later:7233"\n', encoding="utf-8")
    assert settings.temporal.get("target_host") == "in-the-file:7233"
    assert Settings(environment).temporal.get("target_host") == "later:7233"
