"""What the doctor finds are sentences of the catalogue, and each place of them is filled."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from string import Formatter

import cli.admin.keeping
import cli.checks
import cli.doctor
from background.archive.differing import Discrepancy
from cli.checks.findings import MEND, SAID, failed, part, problem
from domain.messages import LANGUAGES, label, words

FILES = [Path(cli.doctor.__file__), Path(cli.admin.keeping.__file__), *Path(cli.checks.__path__[0]).glob("*.py")]
FINDERS = {"ok", "skipped", "warning", "problem", "part"}


def calls() -> Iterator[tuple[str, set[str] | None]]:
    """The word of each finding in the code, and what fills its places; None where that is not written out there."""
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FINDERS and node.args:
                word = node.args[-1]
                if isinstance(word, ast.Constant):
                    names = {each.arg for each in node.keywords if each.arg is not None}
                    yield str(word.value), names if len(names) == len(node.keywords) else None


def constants() -> set[str]:
    trees = (ast.parse(file.read_text("utf-8")) for file in FILES)
    return {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}


def places(kind: str, word: str) -> list[set[str]]:
    """What has to be filled, by language."""
    return [{name for _, name, _, _ in Formatter().parse(label(kind, word, each)) if name} for each in LANGUAGES]


def test_every_finding_of_the_code_is_in_the_catalogue_and_none_besides() -> None:
    found = {word for word, _ in calls()}
    assert len(found) > 80
    assert found - words(SAID).keys() == set()
    assert words(SAID).keys() - constants() - {"failed"} == set()
    assert words(MEND).keys() - words(SAID).keys() == set()


def test_every_place_is_filled_and_alike_in_both_languages() -> None:
    for kind in (SAID, MEND):
        for word in words(kind):
            zh, en = places(kind, word)
            assert zh == en, (kind, word)
    for word, given in calls():
        asked = set[str]().union(*places(SAID, word), *(places(MEND, word) if word in words(MEND) else []))
        assert given is None or asked <= given, word


def test_what_stands_in_a_place_is_told_in_the_language_too() -> None:
    at = datetime(2026, 11, 28, 16, 30, tzinfo=UTC)
    made = problem("checkpoints", "checkpoint_overdue", made=part("checkpoint_made", size=7, at=at, name="city"))
    assert (
        made.says == "A checkpoint is overdue: the newest covers 7 entries, made 2026-11-29 00:30 in the name of city."
    )
    assert made.told("zh") == "检查点已逾期：最新的检查点以 city 的名义作于 2026-11-29 00:30，包含 7 个条目。"
    assert (made.mend, made.to_mend("zh")) == ("look into the logs of the workers", "查看工作进程的日志")
    several = problem("schedules", "schedules_missing", number=2, of=3, ids=["a", "b"])
    assert (several.says, several.told("zh")) == (
        "2 of 3 periodic duties have no schedule: a, b.",
        "3 项定期工作中有 2 项没有日程：a、b。",
    )
    assert failed("clocks", ValueError("no\n time")).told("zh") == "未能查看：ValueError: no time"
    what = partial(label, "compared", Discrepancy.LOST.value)
    assert "历史已遗失" in problem("moment", "cases_differ", number=1, request="X", what=what, to_do="").told("zh")


def test_each_discrepancy_has_its_words() -> None:
    for kind in ("compared", "compared_to_do"):
        assert words(kind).keys() == {each.value for each in Discrepancy}
