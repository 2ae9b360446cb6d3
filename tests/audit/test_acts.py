"""Acts of those who run the engine in a dossier: whatever is changed of one is named."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from audit.dossier.contents import ACTS, CaseDossier
from audit.dossier.proof import PROOF
from audit.page.facts import PAGE
from audit.verification.verify import Trusted
from domain.evidence import BEIJING, GENESIS, canonical_json, plain
from domain.log.acts import Acting, ActKind, NewAct, OperatorAct, recorded_act
from domain.log.entries import entry_of_act
from domain.log.heads import LogHead, digest_of_acts, key_of_acts
from domain.messages import label
from domain.words import Role
from tests.audit.dossiers import dossier_of
from tests.audit.logs import ForgetsActs, MemoryLog, entered
from tests.audit.pages import PageRead
from tests.audit.test_log_proof import results
from tests.audit.test_verification import with_files

CASE = "nantong-2020.refused-late-then-impasse"
AT = datetime(2026, 3, 5, 9, tzinfo=BEIJING)
BY = Acting(subject="wang", org="bureau", roles=(Role.OPERATOR,))
NOBODY = Trusted()


def acts(request_id: str) -> list[OperatorAct]:
    """Four acts, of which the third is about another case."""
    made, prev = list[OperatorAct](), GENESIS
    for number in range(1, 5):
        case = "ELSEWHERE" if number == 3 else request_id
        new = NewAct(
            kind=ActKind.WEBHOOK_REPLAY, by=BY, target="webhook/wh_1", request_id=case, details={"seq": number}
        )
        made.append(recorded_act(new, number, AT + timedelta(minutes=number), prev))
        prev = made[-1].digest
    return made


def lines(said: list[Any]) -> bytes:
    return "".join(f"{canonical_json(each)}\n" for each in said).encode()


def _enter(log: MemoryLog, told: list[OperatorAct]) -> dict[int, int]:
    """Enter acts in order; their places by number."""
    logged, about = dict[int, int](), dict[str, list[bytes]]()
    for act in told:
        case = act.request_id or ""
        about.setdefault(case, []).append(bytes.fromhex(act.digest))
        head = LogHead(key_of_acts(case), act.number, digest_of_acts(about[case]))
        logged[act.number] = log.enter(entry_of_act(act.number, act.digest), head)
    return logged


def _told(
    log: MemoryLog, places: list[int], own: list[OperatorAct], logged: dict[int, int], kept: int | None = None
) -> CaseDossier:
    """The dossier with these acts, as far as they are proved by the log, which goes on from one of ``kept`` entries."""
    dossier = dossier_of(CASE)
    case = dossier.manifest.request_id
    there = {act.number: logged[act.number] for act in own if act.number in logged}
    proof = log.proved(places, [kept] if kept else (), acts=there, case=case)
    files = {**dossier.files, PROOF: proof.written()}
    return with_files(dossier, {**files, ACTS: lines([plain(each) for each in own])} if own else files)


@pytest.fixture(scope="module")
def with_acts() -> CaseDossier:
    """The first two acts on the case are in the log, the last came later."""
    dossier, log = dossier_of(CASE), MemoryLog()
    all_of_them = acts(dossier.manifest.request_id)
    places = entered(dossier, log)
    logged = _enter(log, all_of_them[:3])
    own = [each for each in all_of_them if each.request_id == dossier.manifest.request_id]
    return _told(log, places, own, logged)


@pytest.mark.parametrize("left_out", [1, 2, 4])
def test_none_can_be_left_out_of_a_proved_dossier(left_out: int) -> None:
    dossier, log = dossier_of(CASE), MemoryLog()
    all_of_them = acts(dossier.manifest.request_id)
    places = entered(dossier, log)
    logged = _enter(log, all_of_them)
    own = [each for each in all_of_them if each.request_id == dossier.manifest.request_id]
    assert results(_told(log, places, own, logged), NOBODY)["acts"] == ("ok", "3 acts, 3 of them in the log")
    rest = [each for each in own if each.number != left_out]
    result, detail = results(_told(log, places, rest, logged), NOBODY)["acts"]
    assert result == "FAIL"
    said = "the last act on the case that the log has is 4" if left_out == 4 else "one was left out or changed"
    assert said in detail


def test_a_newer_checkpoint_cannot_forget_those_that_a_kept_one_knew() -> None:
    dossier, log = dossier_of(CASE), MemoryLog()
    all_of_them = acts(dossier.manifest.request_id)
    places = entered(dossier, log)
    logged, kept, size = _enter(log, all_of_them), log.checkpoint(), log.trees[0].size
    own = [each for each in all_of_them if each.request_id == dossier.manifest.request_id]
    log.enter(b"something else")
    held = results(_told(log, places, own, logged, size), Trusted([], kept))
    assert (held["acts"][0], held["checkpoint"][0]) == ("ok", "ok")

    told = results(_told(ForgetsActs.since(log, dossier, size), places, [], {}, size), Trusted([], kept))
    assert told["acts"] == ("ok", "no act of those who run the engine")
    assert told["checkpoint"] == (
        "FAIL",
        "the last act on the case that the log has by the checkpoint that was given is 4",
    )


def test_acts_that_were_not_changed_hold(with_acts: CaseDossier) -> None:
    found = results(with_acts, NOBODY)
    assert found["acts"] == ("ok", "3 acts, 2 of them in the log")
    assert found["log"][0] == "ok"
    assert results(dossier_of(CASE), NOBODY)["acts"] == ("ok", "no act of those who run the engine")


def test_the_page_tells_of_each_in_a_part_of_its_own(with_acts: CaseDossier) -> None:
    assert results(with_acts, NOBODY)["page"][0] == "ok"
    page, without = PageRead(with_acts.files[PAGE]), PageRead(dossier_of(CASE).files[PAGE])
    assert "运维操作" not in without.text
    assert page.text.count("8 运维操作") == 1
    assert page.cells.count("运维操作 acts of those who run the engine") == 1, "in the list of pieces"
    part = page.text.partition("8 运维操作")[2]
    who = f"{label('role', Role.OPERATOR, 'zh')} {label('role', Role.OPERATOR, 'en')} bureau wang"
    own = [each for each in acts(with_acts.manifest.request_id) if each.request_id != "ELSEWHERE"]
    for place, act in enumerate(own, start=1):
        assert {f"8-{place}", str(act.number), act.digest, "webhook/wh_1"} <= set(page.cells)
        assert f"o{place}" in page.ids
        assert f"#o{place}" in page.links
        assert f"8-{place} 重新推送 had events sent again" in part
        assert f"{act.at:%Y-%m-%d %H:%M}" in part
    assert part.count(who) == len(own)


HOSTILE = '</bdi></article></html><script>alert(1)</script>" onclick="x\u202e'


def test_what_an_act_says_is_text_and_nothing_else() -> None:
    dossier = dossier_of(CASE)

    def page(words: str, details: dict[str, Any]) -> PageRead:
        by = Acting(subject=words, org=words, roles=(Role.OPERATOR,))
        new = NewAct(
            kind=ActKind.HOLD,
            by=by,
            target=words,
            request_id=dossier.manifest.request_id,
            reason=words,
            details=details,
        )
        act = recorded_act(new, 1, AT, GENESIS)
        told = with_files(dossier, {**dossier.files, ACTS: lines([plain(act)])})
        assert results(told, NOBODY)["page"][0] == "ok"
        return PageRead(told.files[PAGE])

    harmless, hostile = page("信访调查", {"x": ["y"]}), page(HOSTILE, {HOSTILE: [HOSTILE]})
    assert harmless.text.count("信访调查") == 6
    assert hostile.text.count(HOSTILE.replace("\u202e", "⟨U+202E⟩")) == 8
    assert hostile.tags == harmless.tags
    assert hostile.attributes == harmless.attributes


def test_of_very_many_the_page_tells_the_first(monkeypatch: pytest.MonkeyPatch, with_acts: CaseDossier) -> None:
    for room in ("cover", "operations"):
        monkeypatch.setattr(f"audit.page.{room}.MOST_TOLD", 2)
    page = PageRead(with_files(with_acts, with_acts.files).files[PAGE])
    assert "此处列出前2件，其余见 acts.jsonl。" in page.text
    assert [each for each in page.ids if each.startswith("o") and each[1:].isdigit()] == ["o1", "o2"]


def _other_reason(said: list[Any]) -> None:
    said[0]["reason"] = "另有原因"


def _other_actor(said: list[Any]) -> None:
    said[1]["by"]["subject"] = "li"


def _swapped(said: list[Any]) -> None:
    said[0], said[1] = said[1], said[0]


def _left_out(said: list[Any]) -> None:
    del said[0]


def _slipped_in(said: list[Any]) -> None:
    said.insert(0, {**said[0], "number": 0})


def _resealed(said: list[Any]) -> None:
    """Another seq, and the digest computed anew, as whoever forges can."""
    act = OperatorAct.model_validate(said[1])
    new = NewAct(kind=ActKind.WEBHOOK_REPLAY, by=act.by, target=act.target, request_id=act.request_id)
    said[1] = plain(recorded_act(new, act.number, act.at, act.prev))


def _not_one_form(said: list[Any]) -> None:
    said[0]["at"] = said[0]["at"].replace("+08:00", "+0800")


def _a_field_more(said: list[Any]) -> None:
    said[0]["more"] = 1


def _of_another(said: list[Any]) -> None:
    said[0] = plain(acts("ELSEWHERE")[0])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_other_reason, "act 1: its content does not match its digest"),
        (_other_actor, "act 2: its content does not match its digest"),
        (_swapped, "act 1 stands after act 2"),
        (_left_out, "must prove the case's acts from the first on"),
        (_slipped_in, "act 0: its content does not match its digest"),
        (_resealed, "act 2 is not in the log of the checkpoint"),
        (_not_one_form, "line 1 of acts.jsonl is not written as an act is"),
        (_a_field_more, "line 1 of acts.jsonl is not an act"),
        (_of_another, "act 1 is about another case"),
    ],
)
def test_a_changed_one_is_named(with_acts: CaseDossier, change: Callable[[list[Any]], None], told: str) -> None:
    said = [json.loads(line) for line in with_acts.files[ACTS].splitlines()]
    change(said)
    result, detail = results(with_files(with_acts, {**with_acts.files, ACTS: lines(said)}), NOBODY)["acts"]
    assert (result, told in detail) == ("FAIL", True), detail


def test_all_of_them_left_out_while_they_are_proved(with_acts: CaseDossier) -> None:
    rest = {name: content for name, content in with_acts.files.items() if name != ACTS}
    assert results(with_files(with_acts, rest), NOBODY)["acts"][0] == "FAIL"
    unended = {**with_acts.files, ACTS: with_acts.files[ACTS][:-1]}
    assert results(with_files(with_acts, unended), NOBODY)["acts"] == ("FAIL", "acts.jsonl must end with a line end")
