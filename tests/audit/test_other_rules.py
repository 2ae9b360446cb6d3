"""A dossier that other rules packed: what they may explain is told apart from a forgery, and never passes for right."""

import io
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import pytest

from audit.dossier.contents import CALENDAR, EVENTS, CaseDossier, DossierUnusable, manifest_of
from audit.dossier.packing import unpacked
from audit.dossier.rules import is_newer, rules_here
from audit.dossier.seal import seal_of
from audit.page.facts import PAGE
from audit.released import EDITIONS, RULES, TEXTS, editions_here, texts_here
from audit.verification.verify import Trusted, failed, verify
from tests.audit.dossiers import dossier_of, packed, resealed
from tests.audit.logs import LOG_KEY
from tests.audit.test_in_chinese import english_in
from tests.audit.test_verification import changed, events_of, with_events, with_files, wrong
from tests.engine.changed_workflow import OneStepMore

CASE = "zhejiang-2014.government-grants"
BEFORE = "0.0.9"
OURS = version("shareflow")
MAJOR, MINOR, PATCH = map(int, OURS.split("."))
ELSEWHERE = 'confirms neither; check it with that release: pip install "shareflow[audit]==0.0.9"'


@pytest.fixture(autouse=True)
def a_release_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """There was another release, with the texts and editions of today; one build of it, and one of ours, had others."""
    had = {
        TEXTS: {BEFORE: texts_here()},
        EDITIONS: {BEFORE: editions_here()},
        RULES: {BEFORE: ["0" * 64, rules_here()], OURS: ["2" * 64]},
    }
    monkeypatch.setattr("audit.released.packed_data", had.__getitem__)


def packed_by(dossier: CaseDossier, made_by: str, rules: str = "0" * 64) -> CaseDossier:
    """The dossier as another release would say that it packed it."""
    named = replace(dossier, manifest=dossier.manifest.model_copy(update={"made_by": made_by}))
    whole = resealed(named, named.files)
    return replace(whole, manifest=whole.manifest.model_copy(update={"rules": rules}))


def test_what_other_rules_decided_alike_holds() -> None:
    assert not failed(verify(packed_by(dossier_of(CASE), "0.0.9")))


def test_a_rule_that_changed_since_is_no_forgery_and_not_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.verification.history.CaseWorkflow", OneStepMore)
    ours = wrong(dossier_of(CASE))
    assert ours.keys() == {"history"}
    assert "check it with" not in ours["history"]
    theirs = wrong(packed_by(dossier_of(CASE), "0.0.9"))
    assert theirs.keys() == {"history"}
    assert theirs["history"].startswith(ours["history"])
    assert theirs["history"].endswith(ELSEWHERE)


def forged(name: str) -> CaseDossier:
    dossier = dossier_of(CASE)
    events = events_of(dossier)
    started = next(event for event in events if event["clock"])
    said: dict[str, dict[str, Any]] = {
        "ledger": {"at": "2025-08-01T09:00:00.000000+08:00"},
        "transitions": {"stage": "final_instance"},
        "deadlines": {"clock": {**(started["clock"]), "due_date": "2030-01-04"}},
    }
    return with_events(dossier, changed(events, started["seq"], **said[name]), chained=True)


@pytest.mark.parametrize("check", ["ledger", "transitions", "deadlines"])
def test_a_forgery_that_claims_another_release_does_not_pass(check: str) -> None:
    ours = wrong(forged(check))
    theirs = wrong(packed_by(forged(check), "0.0.9"))
    assert ours.keys() == theirs.keys()
    assert "check it with" not in ours[check]
    told = (
        "it says that it was packed by the rules of release 0.0.9: a changed rule and a forgery look alike to this one"
    )
    assert theirs[check] == f"{ours[check]}; {told} ({version('shareflow')}), which {ELSEWHERE}"


def test_an_event_of_a_kind_that_is_not_known_may_be_of_another_release() -> None:
    dossier = dossier_of(CASE)
    unknown = with_events(dossier, changed(events_of(dossier), 1, type="sung"), chained=True)
    assert wrong(unknown) == {"record": f"line 1 of {EVENTS} is not an event"}
    assert wrong(packed_by(unknown, "0.0.9"))["record"].endswith(ELSEWHERE)


def test_what_no_release_explains_is_said_as_ever() -> None:
    """Digests, the chain, the form of files: that another release is named excuses none of them."""
    dossier = dossier_of(CASE)
    unchained = with_events(dossier, changed(events_of(dossier), 2, prev="0" * 64))
    calendar = with_files(dossier, {**dossier.files, CALENDAR: b'{"editions":[]}'})
    emptied = replace(dossier, files={**dossier.files, EVENTS: b""})
    for each, check in ((unchained, "chain"), (calendar, "record"), (emptied, "digests")):
        elsewhere = each.manifest.model_copy(update={"made_by": "0.0.9", "rules": "0" * 64})
        assert wrong(replace(each, manifest=elsewhere))[check] == wrong(each)[check]


@pytest.mark.parametrize("made_by", ["", "1", "9.9.9; rm -rf /", "1.0\u202e", "0.1.0\n", "１.２", "x" * 500])
def test_a_release_that_is_none_is_no_command(made_by: str) -> None:
    told = wrong(packed_by(forged("ledger"), made_by))["ledger"]
    assert told.endswith("check it with the build that packed it")
    assert "an unknown release" in told
    assert "pip" not in told


@pytest.mark.parametrize("made_by", ["", "0.0.8", "0.1.0\n", "\x1b[2Jok", "１.２", "x" * 500])
def test_a_release_that_never_was_is_no_excuse(made_by: str) -> None:
    """Sealed with the log's own key, and with the rules of here or of nobody."""
    for rules in (rules_here(), "0" * 64):
        theirs = packed_by(dossier_of(CASE), made_by, rules)
        assert wrong(theirs).keys() >= {"release"}
        lying = _with_page(theirs, b"granted")
        sealed = replace(lying, seal=seal_of(lying.manifest, LOG_KEY))
        told = {each.check: each for each in verify(sealed, Trusted([LOG_KEY.key])) if each.result == "FAIL"}
        assert told.keys() >= {"release", "page"}
        assert told["release"].detail.isprintable()


def _with_page(dossier: CaseDossier, page: bytes) -> CaseDossier:
    said, files = dossier.manifest, {**dossier.files, PAGE: page}
    listed = manifest_of(said.request_id, said.algorithm, said.made_by, files)
    return CaseDossier(listed.model_copy(update={"rules": said.rules}), files)


def test_a_page_of_a_release_before_is_passed_over_where_it_is_sealed_and_by_other_rules() -> None:
    for rules, result in (("0" * 64, "skipped"), (rules_here(), "FAIL")):
        other = _with_page(packed_by(dossier_of(CASE), BEFORE, rules), b"drawn otherwise")
        sealed = replace(other, seal=seal_of(other.manifest, LOG_KEY))
        found = {each.check: each.result for each in verify(sealed, Trusted([LOG_KEY.key]))}
        assert (found["release"], found["page"]) == ("ok", result)
        assert wrong(other)["page"].endswith(ELSEWHERE.partition("; ")[2]) is (result == "skipped")
        resealed_by_nobody = replace(other, seal=seal_of(dossier_of(CASE).manifest, LOG_KEY))
        found = {each.check: each.result for each in verify(resealed_by_nobody, Trusted([LOG_KEY.key]))}
        assert (found["page"], found["seal"]) == ("FAIL", "FAIL")


@pytest.mark.parametrize("newer", ["99.0.0", f"{MAJOR}.{MINOR}.{PATCH + 1}", f"{MAJOR}.{MINOR + 1}.0rc1"])
def test_what_a_newer_release_made_is_left_to_it(newer: str) -> None:
    content = packed(packed_by(dossier_of(CASE), newer))
    with pytest.raises(DossierUnusable, match=f'newer than this one .*: take that one, pip install ".*=={newer}"'):
        unpacked(io.BytesIO(content))
    for older in (BEFORE, f"{OURS}rc1", OURS):
        assert not is_newer(older)


@pytest.mark.parametrize("release", [BEFORE, OURS])
def test_rules_that_a_release_never_had_are_no_excuse(release: str) -> None:
    """Sealed with the log's own key: whoever has it may write anything on the page."""
    lying = _with_page(packed_by(dossier_of(CASE), release, "1" * 64), b"granted")
    sealed = replace(lying, seal=seal_of(lying.manifest, LOG_KEY))
    told = {each.check: each.detail for each in verify(sealed, Trusted([LOG_KEY.key])) if each.result == "FAIL"}
    assert told.keys() >= {"release", "page"}
    never = f"release {release} never had the rules of this fingerprint, {'1' * 64}: check it with the build"
    assert told["release"].startswith(never)


@pytest.mark.parametrize(
    ("release", "rules", "said", "whose"),
    [
        (OURS, "2", "packed by this release, by an earlier build of it", "an earlier build of this release"),
        (OURS, "1", f"release {OURS} never had the rules", f"rules that release {OURS} never had"),
        (BEFORE, "0", f"packed by release {BEFORE}", f"the rules of release {BEFORE}"),
        (BEFORE, "1", f"release {BEFORE} never had the rules", f"rules that release {BEFORE} never had"),
        ("0.0.8", "1", "no release that this one", "the rules of an unknown release"),
    ],
)
def test_whoever_packed_it_is_the_same_in_every_sentence(release: str, rules: str, said: str, whose: str) -> None:
    results = {each.check: each for each in verify(packed_by(forged("ledger"), release, rules * 64))}
    packed, ledger = results["release"], results["ledger"]
    assert packed.detail.startswith(said)
    assert f"; it says that it was packed by {whose}: " in ledger.detail
    with_what = ELSEWHERE.removeprefix("confirms neither; ") if release == BEFORE and rules == "0" else "the build"
    assert with_what in ledger.detail
    assert english_in(packed.said("zh").replace(rules * 64, "")) == english_in(ledger.said("zh").split("；")[-1]) == []


def test_an_earlier_build_of_a_release_drew_its_page_as_one_before_did() -> None:
    other = _with_page(packed_by(dossier_of(CASE), OURS, "2" * 64), b"drawn otherwise")
    sealed = replace(other, seal=seal_of(other.manifest, LOG_KEY))
    found = {each.check: each.result for each in verify(sealed, Trusted([LOG_KEY.key]))}
    assert (found["release"], found["page"]) == ("ok", "skipped")
    assert wrong(other)["page"].endswith("or check it with the build that packed it")


def test_the_rules_of_a_version_have_one_fingerprint() -> None:
    assert dossier_of(CASE).manifest.rules == rules_here() == dossier_of("yima-2021.adjudicated-deny").manifest.rules
    assert len(rules_here()) == 64
