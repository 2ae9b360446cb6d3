"""What checks say is said in Chinese too, whatever they find; what stands in a dossier is carried over as it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import audit.dossier
import audit.replay
import audit.verification
import domain.evidence
import domain.log
from audit.verification.in_chinese import LONGEST, in_chinese
from audit.verification.results import CheckResult
from audit.verification.verify import verify
from domain.messages import words
from tests.audit.dossiers import dossier_of
from tests.audit.logs import MemoryLog, entered, logged
from tests.audit.test_lost_answers import IN_THE_WORLD, REFUSED

RAISED = {
    *("CheckFailed", "DecidesOtherwise", "AnotherWorkflow", "_Skipped", "unreadable"),
    *("DossierUnusable", "_not_written"),
    *("ProofWrong", "NoteWrong", "TimestampWrong", "NotCanonical", "ChainBroken"),
}
FOLDERS = [Path(each.__path__[0]) for each in (audit.verification, audit.dossier, audit.replay, domain.log)]
OWN_WORDS = re.compile(
    r"--?[a-z-]+ FILE|--[a-z-]+|\b[\w./-]+\.\w+\b|shareflow audit (?:page|export)|pip install \S+|Temporal|zip"
    r"|\w*shift\w*|all_editions|alone|base64"
)
"""What is the same in every language: files, options, names of fields."""


def english_in(said: str) -> list[str]:
    """The words that are left in English."""
    return re.findall(r"[a-z]{3,}", OWN_WORDS.sub("", said))


def sentences_of_the_code() -> Iterator[str]:
    """Each sentence that a check may fail with, a number in its places; nothing where more may be said of a word."""
    for file in sorted([Path(domain.evidence.__file__), *(file for folder in FOLDERS for file in folder.glob("*.py"))]):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISED and node.args:
                said, told = node.args[-1 if node.func.id == "ChainBroken" else 0], ""
                for part in said.values if isinstance(said, ast.JoinedStr) else [said]:
                    if isinstance(part, ast.Constant):
                        told += str(part.value)
                    elif isinstance(part, ast.FormattedValue):
                        told += "" if told[-1:].isalnum() or told[-1:] == ")" else "7"
                yield told


def test_every_sentence_that_a_check_fails_with_is_in_the_catalogue() -> None:
    there = [*sentences_of_the_code()]
    assert len(there) > 100
    assert {said: in_chinese(said) for said in there if english_in(in_chinese(said))} == {}


@pytest.mark.parametrize("case", [REFUSED, IN_THE_WORLD, "changshu-2019.spring-festival-2020-as-published"])
def test_what_holds_is_said_in_chinese(case: str) -> None:
    log = MemoryLog()
    for dossier in (dossier_of(case), logged(dossier_of(case), log, entered(dossier_of(case), log))):
        texts = [each.said("zh") for each in verify(dossier)]
        ids = re.compile(r"[a-z]+-\d{4}|[A-Z]+-[A-Z0-9]+|[0-9a-f]{64}")
        assert {said: found for said in texts if (found := english_in(ids.sub("", said)))} == {}


def test_what_stands_in_a_dossier_is_carried_over() -> None:
    said = 'event 9: the ledger says of data: {"a": "event 3: act; b"}; the history gives: {"a": 1}'
    assert in_chinese(said) == '第9号事件：台账的 data 为 {"a": "event 3: act; b"}；历史得出 {"a": 1}'
    assert in_chinese("nobody has said this") == "nobody has said this"
    assert in_chinese(long := "is missing; " * LONGEST) == long
    assert in_chinese(deep := ": ".join(["a"] * 999)) == deep


def test_a_result_tells_it_with_its_article() -> None:
    found = CheckResult(check="ledger", result="FAIL", detail="event 2: the notice 'x' moves no limit", article="27")
    assert found.told("zh") == "第2号事件：通知 'x' 没有移动任何时限（第27条）"
    assert found.told("en") == "event 2: the notice 'x' moves no limit (art. 27)"
    assert found.model_dump()["detail_zh"] == found.said("zh")
    assert CheckResult.model_validate_json(found.model_dump_json(round_trip=True)) == found


def test_no_two_sentences_are_the_same() -> None:
    english = [said["en"] for said in words("audit_said").values()]
    assert len(english) == len(set(english))
