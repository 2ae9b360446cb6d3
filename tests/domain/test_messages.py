"""What people read: every word has a Chinese and an English label, every refusal a sentence with nothing left open."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

import procedures
from domain import words as vocabulary
from domain.clocks import ClockId
from domain.messages import Language, _catalogue, label, refusal_sentence, words
from domain.messages.period_names import period_said, periods_said
from domain.refusal_codes import RefusalCode
from domain.words import (
    Authorization,
    Basis,
    ClockState,
    CommandName,
    EventType,
    Outcome,
    ProcedureName,
    Role,
    ServiceMode,
    SharingClass,
    Stage,
    Unit,
    Urgency,
)
from tests.domain.engine.situation import STAGES, Situation
from tests.domain.engine.situations import SITUATIONS, refused_with

KINDS: dict[type[StrEnum], str] = {
    ProcedureName: "procedure",
    Stage: "stage",
    Outcome: "outcome",
    Role: "role",
    ClockId: "clock",
    ClockState: "clock_state",
    Basis: "basis",
    EventType: "event",
    Unit: "unit",
    RefusalCode: "refusal",
    CommandName: "command",
    SharingClass: "sharing_class",
    Authorization: "authorization",
    ServiceMode: "service_mode",
    Urgency: "urgency",
}
LANGUAGES: tuple[Language, ...] = ("zh", "en")
PROCEDURES = Path(procedures.__file__).parent
HAN = re.compile(r"[\u4e00-\u9fff]")


def all_vocabularies() -> Iterator[type[StrEnum]]:
    for thing in (*vars(vocabulary).values(), RefusalCode, ClockId):
        if isinstance(thing, type) and issubclass(thing, StrEnum) and thing is not StrEnum:
            yield thing


def test_every_vocabulary_is_looked_at() -> None:
    assert set(all_vocabularies()) == set(KINDS)


@pytest.mark.parametrize("vocabulary_", KINDS, ids=lambda x: x.__name__)
def test_every_word_has_labels_and_no_label_is_left_over(vocabulary_: type[StrEnum]) -> None:
    kind = KINDS[vocabulary_]
    assert set(words(kind)) == {word.value for word in vocabulary_}
    for word in vocabulary_:
        assert HAN.search(label(kind, word, "zh"))
        assert re.search(r"[a-z]", label(kind, word, "en"))
        assert not HAN.search(label(kind, word, "en"))


def test_labels_of_one_kind_differ() -> None:
    for kind in KINDS.values():
        for language in LANGUAGES:
            labels = [label(kind, word, language) for word in words(kind)]
            assert len(set(labels)) == len(labels), kind


def test_unknown_words_are_errors() -> None:
    with pytest.raises(KeyError):
        words("colour")
    with pytest.raises(KeyError):
        label("stage", "nowhere", "zh")


# Refusals


DETAILS = {
    "listed": "late_answer",
    "entry": "NT-GA-0001",
    "field": "occurred_on",
    "first": "2018-01-01",
    "last": "2026-11-25",
    "duty": "survey",
    "period": "2026-H3",
    "example": "2026-H1",
    "at_most": "10",
    "origin": "YIMA-AAAAAAAAAAAAAAAA",
    "unknown": "113206000140000099",
    "fields": "purpose, scope",
    "statute": "nowhere-1999",
    "known": "yima-2021",
    "day": "2025-07-31",
}


@pytest.mark.parametrize("code", RefusalCode)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_is_a_sentence(code: RefusalCode, language: Language) -> None:
    sentence = refusal_sentence(code.value, language, details=DETAILS)
    assert "{" not in sentence
    assert "}" not in sentence
    assert bool(HAN.search(sentence)) == (language == "zh")
    assert len(sentence) >= (5 if language == "zh" else 10)
    with_article = refusal_sentence(code.value, language, "19", DETAILS)
    assert with_article == sentence + ("（第19条）" if language == "zh" else " (art. 19)")


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("extension_too_long", "at_most"),
        ("application_incomplete", "fields"),
        ("unknown_statute", "statute"),
        ("unknown_statute", "known"),
        ("statute_not_in_force", "first"),
        ("statute_not_in_force", "day"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_filled(code: str, field: str, language: Language) -> None:
    assert DETAILS[field] in refusal_sentence(code, language, details=DETAILS)
    # Without its value the placeholder stays to be seen; the sentence does not break.
    assert "{" + field + "}" in refusal_sentence(code, language)


def test_a_detail_is_not_a_placeholder_itself() -> None:
    assert "{at_most}" in refusal_sentence("application_incomplete", "en", details={"fields": "{at_most}"})


def test_the_reason_behind_a_code_is_told() -> None:
    sentence = refusal_sentence("wrong_stage", "zh", "21", {"why": "limit_has_passed"})
    assert sentence == "当前阶段不能办理此事项（时限已过，不能延期）（第21条）"
    assert refusal_sentence("wrong_stage", "en", details={"why": "limit_has_passed"}).endswith(
        "(the limit has passed and cannot be extended)"
    )
    assert refusal_sentence("wrong_stage", "zh", details={"why": "unheard_of"}) == "当前阶段不能办理此事项"


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_all_that_the_rules_refuse_can_be_said(situation: Situation) -> None:
    for name in STAGES:
        for role in Role:
            refusal = refused_with(situation, name, role.value)
            if refusal is None:
                continue
            for language in LANGUAGES:
                sentence = refusal_sentence(refusal.code.value, language, refusal.article, refusal.details)
                assert "{" not in sentence
                if "why" in refusal.details:
                    assert words("why")[refusal.details["why"]][language] in sentence


def test_no_reason_is_left_over() -> None:
    given = set()
    for situation in SITUATIONS:
        for name in STAGES:
            for role in Role:
                refusal = refused_with(situation, name, role.value)
                given.add(refusal.details.get("why") if refusal else None)
    other = {"none_in_force", "no_such_place"}  # of filings: see domain/statutes/in_force
    given |= {
        why for source in PROCEDURES.rglob("*.py") for why in re.findall(r'why="(\w+)"', source.read_text("utf-8"))
    }
    assert set(words("why")) - other == given - {None}


@pytest.mark.parametrize(
    ("number", "late", "left"),
    [(1, "1 working day late", "1 working day left"), (2, "2 working days late", "2 working days left")],
)
def test_one_day_is_no_days(number: int, late: str, left: str) -> None:
    assert label("audit_word", "by_days", "en").format(days=number) == late
    assert label("console", "left", "en").format_map({"number": str(number)}) == left
    assert refusal_sentence("extension_too_long", "en", details={"at_most": number}).endswith(f"{late[:-5]} together")


COUNTED = re.compile(
    r"\{\w+\} (\w+ )?(days|months|events|entries|limits|cases|requests|rows|papers|bytes|characters)\b"
)
ALWAYS_SEVERAL = {
    ("console", "working_days_of_year"), ("console", "working_days_of"), ("console", "stuck_say"),
    ("console", "tick_fewer"), ("console", "about_lights"), ("console", "note_wrong"),
    ("sheet", "too_many_rows"), ("attachment", "too_large"),
    ("brought_dossier", "too_large"), ("edition_complaint", "day_outside"),
    ("audit_said", "more_events_than_a_run"), ("what_if", "too_many_characters"),
}  # fmt: skip
"""Days of a year or a month, and bounds; a verb that ends so."""


def test_what_is_counted_goes_by_that_rule() -> None:
    found = {(kind, word) for kind in _catalogue() for word, said in words(kind).items() if COUNTED.search(said["en"])}
    assert found == ALWAYS_SEVERAL


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [
        ("2026-H2", "2026年下半年", "second half of 2026"),
        ("2026-Q3", "2026年第三季度", "third quarter of 2026"),
        ("2026", "2026年", "2026"),
        ("2026-H3", "2026-H3", "2026-H3"),
        ("2026-08", "2026-08", "2026-08"),
    ],
)
def test_a_period_is_told_by_its_name(period: str, zh: str, en: str) -> None:
    assert (period_said(period, "zh"), period_said(period, "en")) == (zh, en)
    assert periods_said(f"普查（{period}）", "zh") == f"普查（{period if period == '2026' else zh}）"
