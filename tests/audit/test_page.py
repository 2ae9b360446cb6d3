"""The readable page of a dossier: whole, harmless, complete, and nothing but what the other files say."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from audit.dossier.contents import EVENTS, CaseDossier, manifest_of
from audit.dossier.proof import PROOF
from audit.page import evidence, facts, limits
from audit.page.facts import PAGE
from audit.page.told import UNSAID
from audit.verification.history import histories_in, opening_in
from audit.verification.page import page_made
from audit.verification.record import record_in
from audit.verification.results import CheckFailed
from audit.verification.verify import verify
from domain.calendar import day_of
from domain.messages import event_label, label, words
from domain.words import EventType, Unit
from protocol.messages import CaseOpening
from tests.audit.dossiers import CASES, dossier_of
from tests.audit.logs import MemoryLog, entered, logged
from tests.audit.pages import PageRead

CASE = "nantong-2020.refused-late-then-impasse"
EXTENDED = "cn-809-2025.extension-granted"
MOVED = "zhejiang-2014.labour-day-2019-amended"
HARMLESS = {
    "html", "head", "meta", "title", "style", "body", "header", "footer", "section", "article", "h1", "h2", "h3", "p",
    "table", "thead", "tbody", "tr", "th", "td", "a", "b", "bdi", "span", "dl", "dt", "dd", "ul", "li", "blockquote",
    "q", "cite", "br", "svg", "rect", "circle", "text",
}  # fmt: skip


def page_of(dossier: CaseDossier) -> PageRead:
    return PageRead(dossier.files[PAGE])


def opening_of(dossier: CaseDossier) -> CaseOpening:
    return opening_in(histories_in(dossier)[0])


def said_instead(case: str, type_: EventType, **said: Any) -> PageRead:
    """The page of a case in which something else was said in the events of a type."""
    dossier = dossier_of(case)
    record = record_in(dossier)
    events = [
        event.model_copy(update={"data": {**event.data, **said}}) if event.type is type_ else event
        for event in record.events
    ]
    return PageRead(page_made(dossier, replace(record, events=events), opening_of(dossier)))


def named(dossier: CaseDossier, made_by: str, files: Mapping[str, bytes]) -> CaseDossier:
    said = dossier.manifest
    return CaseDossier(manifest_of(said.request_id, said.algorithm, made_by, files), files)


def found(dossier: CaseDossier) -> dict[str, tuple[str, str]]:
    return {result.check: (result.result, result.detail) for result in verify(dossier)}


# That it is a page, and harmless


@pytest.mark.parametrize("case", CASES)
def test_it_is_one_whole_page_that_loads_and_runs_nothing(case: str) -> None:
    page = page_of(dossier_of(case))
    assert page.language == "zh-CN"
    assert page.tags["h1"] == 1
    assert page.tags.keys() <= HARMLESS
    assert not [name for name in page.attributes if name.startswith("on") or name == "style"]
    assert page.links
    assert {link[0] for link in page.links} == {"#"}
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)
    assert "url(" not in dossier_of(case).files[PAGE].decode()
    assert "@import" not in dossier_of(case).files[PAGE].decode()


HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "an end of everything": "</bdi></td></table></body></html><img src=x onerror=alert(1)>",
    "a quote out of an attribute": '" onmouseover="alert(1)" x=\'',
    "a style": "</style><style>*{display:none}</style><!--",
    "ten thousand characters": "涉及未成年人信息" * 1250,
    "one word without an end": "W" * 10_000,
    "an entity": "&lt;b&gt; &amp;#60; &nbsp;",
    "a template": "{{ 7 * 7 }} {number} %s ${x}",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_was_said_is_text_and_nothing_else(case: str) -> None:
    text, usual = HOSTILE[case], page_of(dossier_of(CASE))
    page = said_instead(CASE, EventType.REFUSED, reason=text)
    assert text in page.text
    assert page.tags == usual.tags
    assert page.attributes == usual.attributes


@pytest.mark.parametrize("turning", ["\u202e", "\u2066", "\u0007", "\u009b"])
def test_what_turns_the_line_is_named_instead(turning: str) -> None:
    page = said_instead(CASE, EventType.REFUSED, reason=f"gnp.exe{turning}txt")
    assert turning not in page.text
    assert f"gnp.exe⟨U+{ord(turning):04X}⟩txt" in page.text


def test_fields_that_nobody_knows_are_told_as_they_stand() -> None:
    deep: Any = "end"
    for _ in range(30):
        deep = {"<b>": [deep]}
    page = said_instead(CASE, EventType.REFUSED, **{"<i>never heard of</i>": deep, "outcome": "<u>", "mode": 5})
    assert "<i>never heard of</i>" in page.text
    assert page.tags.keys() <= HARMLESS - {"i", "u"}


# That it tells everything


@pytest.mark.parametrize("case", CASES)
def test_every_act_is_told_with_its_article_and_the_words_of_the_text(case: str) -> None:
    dossier = dossier_of(case)
    record, page = record_in(dossier), page_of(dossier)
    quotes = json.dumps(json.loads(dossier.files["statute.json"]), ensure_ascii=False)
    for event in record.events:
        assert f"{event_label(event.type, event.data, 'zh')} {event_label(event.type, event.data, 'en')}" in page.text
        assert event.digest in page.text
        if not event.type.value.startswith("clock_"):
            assert f"e{event.seq}" in page.ids
    assert page.quotes
    assert all(json.dumps(quote, ensure_ascii=False)[1:-1] in quotes for quote in page.quotes)
    assert str(record.statute.title.zh) in page.text
    for party in (dossier.manifest.request_id, label("procedure", opening_of(dossier).procedure, "zh")):
        assert party in page.text


@pytest.mark.parametrize("case", CASES)
def test_every_day_of_every_limit_is_counted(case: str) -> None:
    dossier = dossier_of(case)
    record, page = record_in(dossier), page_of(dossier)
    for event in record.events:
        clock = event.clock
        if clock is None:
            continue
        assert f"c{clock.number}" in page.ids
        assert clock.due_date.isoformat() in page.text
        assert clock.quote is None or clock.quote in page.quotes
        if clock.unit is Unit.WORKING_DAY:
            day = day_of(clock.started_at)
            while day <= clock.due_date:
                assert day.isoformat() in page.cells
                day += timedelta(days=1)
            assert f"第{clock.amount}个工作日，期限最后一日" in page.text


def test_why_a_day_counts_or_does_not() -> None:
    text = page_of(dossier_of(CASE)).text
    assert "2026-09-20" in text
    assert "星期日，通知安排上班（调休）：第1个工作日，期限最后一日" in text
    assert "星期五，法定节日（中秋节）：不计入" in text
    assert "超期1个工作日 1 working day late" in text


def test_the_calendar_is_that_of_the_day() -> None:
    """A notice that came later moved the limit: what was counted before is shown as it was counted then."""
    dossier = dossier_of(MOVED)
    clocks = [event.clock for event in record_in(dossier).events if event.clock is not None]
    one, other = (clock for clock in clocks if clock.id == "dispute_window")
    assert (one.due_date, other.supersedes) != (other.due_date, None)
    text = page_of(dossier).text
    assert "放假通知 notice on the days off 2019-amended" in text
    parts = re.split(r"4-\d+ ", text.partition("4 时限")[2])
    counted = [part for part in parts if one.started_at.date().isoformat() in part and "起算当日" in part]
    assert f"{one.due_date.isoformat()}" in counted[-2]
    assert f"{other.due_date.isoformat()}" in counted[-1]


def test_extensions_stand_with_their_limit() -> None:
    text = page_of(dossier_of(EXTENDED)).text.partition("4 时限")[2]
    assert "申请延期 extension requested" in text
    assert "同意延期 extension approved" in text
    assert "时限重算 clock superseded" in text
    assert "延期 extension" in text


def test_days_off_and_made_up_are_drawn() -> None:
    page = page_of(dossier_of(CASE))
    # September to November 2026: three days off in September and seven in October, one Sunday and one Saturday worked.
    assert page.tags["svg"] == 3
    assert (page.classes["off"], page.classes["makeup"]) == (10, 2)
    assert page.classes["work"] + page.classes["weekend"] + 12 == 30 + 31 + 30
    assert page.classes["late"] == 1
    # Limits that end with their last day, at midnight, are not drawn as late.
    assert page_of(dossier_of("access_grant.nantong-used-then-expired")).classes["late"] == 0


def test_the_checkpoint_is_told() -> None:
    log, bare = MemoryLog(), dossier_of(CASE)
    assert "打包时尚无覆盖本件的检查点" in page_of(bare).text
    told = page_of(logged(bare, log, entered(bare, log))).text
    assert "19个事件 19 events" in told
    assert "打包时尚无覆盖本件的检查点" not in told


def test_every_word_is_in_the_catalogue() -> None:
    known = {*words("said"), *words("application_field"), *words("notice_field")}
    seen = set[str]()

    def names(value: Any) -> None:
        if isinstance(value, Mapping):
            seen.update(name for name in value if name not in UNSAID)
            for each in value.values():
                names(each)
        elif isinstance(value, list | tuple):
            for each in value:
                names(each)

    for case in CASES:
        dossier = dossier_of(case)
        names({name: value for name, value in opening_of(dossier).application.items() if name not in UNSAID})
        for line in dossier.files[EVENTS].splitlines():
            event = json.loads(line)
            if event["type"].startswith("clock_"):
                continue
            names({name: value for name, value in event["data"].items() if name not in UNSAID})
    assert seen - known == set()
    assert len(seen) > 50


# That its size is bounded


def test_a_case_without_end_has_a_page_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    dossier = dossier_of(CASE)
    whole = len(dossier.files[PAGE])
    for room in (facts, evidence):
        monkeypatch.setattr(room, "MOST_TOLD", 3)
    monkeypatch.setattr("audit.page.acts.MOST_TOLD", 3)
    monkeypatch.setattr(limits, "MOST_DAYS", 5)
    page = page_made(dossier, record_in(dossier), opening_of(dossier))
    assert len(page) < whole * 0.7
    assert "此处列出前3件" in page.decode()
    assert "期间过长" in page.decode()
    PageRead(page)


# That verification compares it


def test_another_page_is_found_out() -> None:
    dossier = dossier_of(CASE)
    forged = {**dossier.files, PAGE: dossier.files[PAGE].replace("涉及未成年人信息".encode(), "不涉及".encode())}
    told = found(named(dossier, dossier.manifest.made_by, forged))
    assert told["page"][0] == "FAIL"
    assert {result for check, (result, _) in told.items() if check != "page"} == {"ok", "skipped"}
    without = {name: content for name, content in dossier.files.items() if name != PAGE}
    assert found(named(dossier, dossier.manifest.made_by, without))["page"] == ("FAIL", f"{PAGE} is missing")


def test_a_page_that_another_release_made_alike_holds() -> None:
    dossier = dossier_of(CASE)
    without = {name: content for name, content in dossier.files.items() if name != PAGE}
    other = named(dossier, "0.0.9", without)
    page = page_made(other, record_in(other), opening_of(other))
    assert found(named(dossier, "0.0.9", {**without, PAGE: page}))["page"][0] == "ok"


@pytest.mark.parametrize("case", CASES)
def test_the_same_files_give_the_same_page(case: str) -> None:
    dossier = dossier_of(case)
    assert page_made(dossier, record_in(dossier), opening_of(dossier)) == dossier.files[PAGE]


def test_what_hinders_a_page_is_told() -> None:
    dossier = dossier_of(CASE)
    broken = replace(dossier, files={**dossier.files, PROOF: b"{}"})
    with pytest.raises(CheckFailed, match=r"^no page can be made of what is here: proof\.json is not the proof of a"):
        page_made(broken, record_in(dossier), opening_of(dossier))
