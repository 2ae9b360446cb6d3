"""What the documents say of the house is so: links, files, folders and counts."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from domain.statutes.loader import packaged_overlays, packaged_statutes
from procedures.registry import PROCEDURES
from tests.domain.engine.situations import SITUATIONS
from tests.house import test_adding_a_clock, test_adding_a_command, test_adding_a_procedure, test_adding_a_stage
from tests.house.code import ROOT, packages, shown
from tests.house.documents import anchors, documents, links, spans

NAMED: Final = ("tests/", "bench/", "docs/", *(f"{package}/" for package in packages()))
ONLY_THERE_WHEN_MADE: Final = ("bench/out",)


ENGLISH: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CHINESE: Final = "零一二三四五六七八九十"


def places() -> Mapping[str, int]:
    """What there is so many of; of ``a_…``: the Python files that are touched by hand to add one."""
    overlays = [overlay for overlay in packaged_overlays() if overlay.endswith("+809")]
    return {
        "demo": len(list((ROOT / "embedded/demo/cases").glob("*.yaml"))),
        "procedures": len(PROCEDURES),
        "further": len(PROCEDURES) - 1,
        "regulations": len(packaged_statutes()) - len(packaged_overlays()),
        "situations": len(SITUATIONS),
        "local": len(overlays),
        "other": len(overlays) - 1,
        "a_procedure": test_adding_a_procedure.PYTHON_FILES,
        "a_command": len(test_adding_a_command.PYTHON_FILES),
        "a_stage": len(test_adding_a_stage.PYTHON_FILES),
        "a_clock": len(test_adding_a_clock.PYTHON_FILES),
    }


def said_of(places: Mapping[str, int]) -> Mapping[str, str]:
    """Each number in figures, and as a word: ``{other}``, ``{Other}`` (Four), ``{other_en}``, ``{other_zh}``."""
    figures = {name: str(number) for name, number in places.items()}
    small = {name: number for name, number in places.items() if number < len(ENGLISH)}
    english = {f"{name}_en": ENGLISH[number] for name, number in small.items()}
    begins = {name.capitalize(): ENGLISH[number].capitalize() for name, number in small.items()}
    return figures | english | begins | {f"{name}_zh": CHINESE[number] for name, number in small.items()}


COUNTS: Final = [
    ("README.md", "plays {demo} cases, of all {procedures} procedures under all {regulations} regulations"),
    ("README.md", "{demo} of {demo} cases went as the regulations say"),
    ("README.md", "The {further} further procedures"),
    ("README.zh-CN.md", "{regulations} 部规定、{procedures} 种程序的 {demo} 件案例"),
    ("README.zh-CN.md", "{demo} of {demo} cases went as the regulations say"),
    ("README.zh-CN.md", "{further} 种程序"),
    ("docs/testing.md", "{situations} situations"),
    ("README.md", "`nantong-2020+809` (and the other {other_en}) is both merged"),
    ("README.zh-CN.md", "`nantong-2020+809` 等{local_zh}部由两部规定合并而成"),
    ("docs/rules.md", "`nantong-2020+809`, and one for each of the other {other_en},"),
    ("docs/howto/README.md", "| [add a regulation](add-a-regulation.md) | 0 |"),
    ("docs/howto/README.md", "| [add a procedure](add-a-procedure.md) | {a_procedure} |"),
    ("docs/howto/README.md", "| [add a command](add-a-command.md) | {a_command} |"),
    ("docs/howto/README.md", "| [add a stage](add-a-stage.md) | {a_stage} |"),
    ("docs/howto/README.md", "| [add a clock](add-a-clock.md) | {a_clock} |"),
    ("docs/howto/add-a-procedure.md", "# Add a procedure {A_procedure} Python files, "),
    ("docs/howto/add-a-command.md", "# Add a command {A_command} Python files and "),
    ("docs/howto/add-a-stage.md", "# Add a stage {A_stage} Python files and "),
    ("docs/howto/add-a-clock.md", "# Add a clock {A_clock} Python files and "),
    ("docs/architecture.md", "*What must I touch to add a stage?* {A_stage} Python files: "),
    ("docs/architecture.md", "| a local text | 0 |"),
    ("docs/architecture.md", "| a clock that runs | {a_clock}: "),
    ("docs/architecture.md", "| a command | {a_command}: "),
    ("docs/architecture.md", "| a stage | {a_stage}: "),
    ("docs/architecture.md", "| a procedure | {a_procedure}: "),
    ("docs/architecture.zh-CN.md", "*增加一个阶段要改什么？* {a_stage_zh}个 Python 文件："),
    ("docs/architecture.zh-CN.md", "| 一部地方规定 | 0 |"),
    ("docs/architecture.zh-CN.md", "| 一种实际运行的时限 | {a_clock} 个："),
    ("docs/architecture.zh-CN.md", "| 一个动作 | {a_command}："),
    ("docs/architecture.zh-CN.md", "| 一个阶段 | {a_stage}："),
    ("docs/architecture.zh-CN.md", "| 一种程序 | {a_procedure} |"),
]


@pytest.mark.parametrize(("document", "said"), COUNTS, ids=lambda value: str(value)[:40])
def test_what_is_counted_is_so_many(document: str, said: str) -> None:
    wanted = said.format_map(said_of(places()))
    assert wanted in " ".join((ROOT / document).read_text(encoding="utf-8").split())


@pytest.mark.parametrize("path", documents(), ids=shown)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in links(path):
        to, _, place = link.partition("#")
        target = (path.parent / to).resolve() if to else path
        assert target.exists(), f"{shown(path)}: nothing at {link}"
        assert not place or place in anchors(target), f"{shown(path)}: {shown(target)} has no heading #{place}"


@pytest.mark.parametrize("path", documents(), ids=shown)
def test_every_file_that_is_named_is_there(path: Path) -> None:
    named = {said.partition(":")[0] for said in spans(path) if said.startswith(NAMED)}
    plain = {name for name in named if set(name) <= set(_PLAIN) and not name.startswith(ONLY_THERE_WHEN_MADE)}
    assert {name for name in plain if not (ROOT / name).exists()} == set()


_PLAIN = "abcdefghijklmnopqrstuvwxyz0123456789_-+./"


def threats() -> Mapping[str, Sequence[str]]:
    """What SECURITY.md names as shown by, for each threat."""
    rows = re.findall(r"^\| (.+) \| .+ \| (.+) \|$", (ROOT / "SECURITY.md").read_text("utf-8"), re.MULTILINE)
    return {threat: re.findall(r"`([^`]+)`", shown_by) for threat, shown_by in rows if threat != "threat"}


def is_a_test(name: str) -> bool:
    path, _, test = name.partition("::")
    return (ROOT / path).is_file() and f"def {test}(" in (ROOT / path).read_text("utf-8")


def test_every_threat_is_shown_by_tests_that_there_are() -> None:
    """``make chaos`` stands beside tests, never alone."""
    assert len(threats()) > 20
    assert is_a_test("tests/house/test_documents.py::is_a_test")
    assert not is_a_test("tests/house/test_documents.py::is_no_test")
    for threat, shown_by in threats().items():
        named = [name for name in shown_by if name != "make chaos"]
        assert named, threat
        assert [name for name in named if not is_a_test(name)] == [], threat


def test_every_room_of_tests_is_described() -> None:
    described = {said for said in spans(ROOT / "docs/testing.md") if said.startswith("tests/")}
    folders = {f"{shown(path)}/" for path in (ROOT / "tests").iterdir() if any(path.glob("**/*.py"))}
    files = {shown(path) for path in (ROOT / "tests").glob("test_*.py")}
    assert (folders | files) - described == set()
    assert {name for name in described if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("document", ["docs/testing.md", "CONTRIBUTING.md"])
def test_whatever_makes_a_page_is_named(document: str) -> None:
    said = (ROOT / document).read_text(encoding="utf-8")
    here = [path for folder in ("tests", "tests/house") for path in (ROOT / folder).glob("*.py")]
    makers = [path for path in here if re.search("^if __name__ == ", path.read_text(encoding="utf-8"), re.MULTILINE)]
    assert len(makers) >= 5
    modules = {shown(path).removesuffix(".py").replace("/", ".") for path in makers}
    targets = {f"make {name}" for name in ("openapi", "pictures")}
    assert {name for name in modules | targets if f"{name}`" not in said} == set()


def test_every_document_is_listed_with_the_documents() -> None:
    listed = {(ROOT / "docs" / link).resolve() for link in links(ROOT / "docs/README.md")}
    here = {path for path in (ROOT / "docs").glob("*.md") if not path.name.endswith(".zh-CN.md")}
    assert {shown(path) for path in here - listed if path.name != "README.md"} == set()
