"""Texts, rules and seals of nobody: what a forger without a key may put into a dossier, and is told all the same."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import pytest

from audit.dossier.contents import CALENDAR, EVENTS, HISTORY, POLICY, STATUTE, CaseDossier
from audit.dossier.packing import unpacked
from audit.dossier.persons import rewritten
from audit.dossier.rules import rules_here
from audit.dossier.seal import seal_of
from audit.released import released_texts, texts_here
from audit.verification.verify import Trusted, verify
from domain.evidence import GENESIS, digest_of, seal
from tests.audit.dossiers import dossier_of, packed, resealed, written
from tests.audit.logs import LOG_KEY
from tests.audit.make_golden import RELEASED_RULES, RELEASED_TEXTS
from tests.audit.test_other_rules import packed_by
from tests.audit.test_verification import Events, events_of, with_events, with_files
from tests.forms import WHOLE

NOTHING = Trusted()
CASE = "nantong-2020+809.refused-with-basis-to-the-government"
MUST, MAY = "应于", "可在"
NOBODYS = "statute.json is not the text that this release has under nantong-2020+809: compare it with the promulgated"


def said_of(dossier: CaseDossier, trusted: Trusted = NOTHING) -> dict[str, tuple[str, str]]:
    return {each.check: (each.result, each.detail) for each in verify(dossier, trusted)}


def failing(dossier: CaseDossier) -> dict[str, str]:
    return {check: detail for check, (result, detail) in said_of(dossier).items() if result == "FAIL"}


def softened(said: Any) -> Any:
    """What is said, with a duty that is none any more."""
    return json.loads(json.dumps(said, ensure_ascii=False).replace(MUST, MAY))


def with_text(
    dossier: CaseDossier, name: str, body: dict[str, Any], quoted: Callable[[Any], Any] = lambda said: said
) -> CaseDossier:
    """Another text in the place of one, with the digest, the chain, the history and the page that fit it.

    ``quoted`` changes what is quoted from it.
    """
    old, digest = json.loads(dossier.files[name])["digest"], digest_of(body)
    events = json.loads(json.dumps(quoted(events_of(dossier))).replace(old, digest))
    told, prev = dict[str, str](), GENESIS
    for event in events:
        content = {key: value for key, value in event.items() if key not in ("digest", "prev")}
        told[event["digest"]] = prev = seal(content, prev, dossier.manifest.algorithm)

    def fitted(message: Any) -> Any:
        text = json.dumps(quoted(message))
        for one, other in {old: digest, **told}.items():
            text = text.replace(one, other)
        return json.loads(text)

    history = json.dumps(rewritten(json.loads(dossier.files[HISTORY]), fitted)).encode()
    kind = json.loads(dossier.files[name])["kind"]
    files = {name: written({"digest": digest, "kind": kind, "body": body}), HISTORY: history}
    return with_events(replace(dossier, files={**dossier.files, **files}), events, chained=True)


@pytest.fixture(scope="module")
def forged() -> CaseDossier:
    """A case under a statute in which somebody may do what they must."""
    dossier = dossier_of(CASE)
    body = json.loads(dossier.files[STATUTE])["body"]
    assert softened(body) != body
    return with_text(dossier, STATUTE, softened(body), softened)


def test_a_forged_statute_is_no_text_of_this_release(forged: CaseDossier) -> None:
    assert {check: told[: len(NOBODYS)] for check, told in failing(forged).items()} == {"texts": NOBODYS}


def test_a_statute_that_no_release_known_here_has_is_told_whoever_says_to_have_packed_it(forged: CaseDossier) -> None:
    """A release before this one is known with its texts, and a seal of the operator makes none of them."""
    for made_by in ("9.9.9", version("shareflow")):
        theirs = packed_by(forged, made_by)
        sealed = replace(theirs, seal=seal_of(theirs.manifest, LOG_KEY))
        result, detail = said_of(sealed, Trusted([LOG_KEY.key]))["texts"]
        assert (result, detail[: len(NOBODYS)]) == ("FAIL", NOBODYS)


def test_a_text_of_a_release_before_is_known_by_its_name(forged: CaseDossier, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"nantong-2020+809": json.loads(forged.files[STATUTE])["digest"]}
    monkeypatch.setattr(
        "audit.verification.texts.released_texts", lambda: {"0.0.9": before, version("shareflow"): texts_here()}
    )
    result, detail = said_of(forged)["texts"]
    assert (result, "as release 0.0.9 had it" in detail) == ("ok", True), detail


def test_the_policy_of_an_operator_is_named_so() -> None:
    of_ours, dossier = dossier_of("zhejiang-2014.government-grants"), dossier_of(CASE)
    assert said_of(of_ours)["texts"][1].endswith("as this release has it; the policy is the one that comes with it")
    assert said_of(dossier)["texts"][1].endswith("as release 0.2.0 had it; the policy is the one that comes with it")
    body = json.loads(dossier.files[POLICY])["body"]
    other = with_text(dossier, POLICY, {**body, "close_of_business": "17:30:00"})
    assert said_of(other)["texts"][1].endswith("the policy is one of the operator")


@pytest.mark.long
def test_the_rules_of_this_release_are_noted() -> None:
    """Before it goes out, for they change until then: `python -m tests.audit.make_golden --note`."""
    noted = json.loads(RELEASED_RULES.read_text("utf-8"))
    assert noted.keys() == json.loads(RELEASED_TEXTS.read_text("utf-8")).keys()
    assert not WHOLE or rules_here() in noted[version("shareflow")]


def test_the_texts_of_this_release_are_noted() -> None:
    """A release adds its own (`python -m tests.audit.make_golden`), so that later ones know them."""
    assert json.loads(RELEASED_TEXTS.read_text("utf-8")) == released_texts()


@pytest.mark.parametrize("found", [b"", b"\xff\xfe", b"PK", None], ids=["empty", "no text", "no note", "of another"])
def test_a_seal_that_does_not_fit_needs_no_key_to_be_seen(found: bytes | None) -> None:
    dossier, other = dossier_of(CASE), dossier_of("demand.published-then-requested")
    placed = seal_of(other.manifest, LOG_KEY) if found is None else found
    assert failing(replace(dossier, seal=placed)).keys() == {"seal"}
    fitting = replace(dossier, seal=seal_of(dossier.manifest, LOG_KEY))
    assert said_of(fitting)["seal"][0] == "skipped"


def test_rules_of_nobody_under_our_own_number_are_told() -> None:
    assert "never had the rules" in failing(packed_by(dossier_of(CASE), version("shareflow")))["release"]


def editions(dossier: CaseDossier) -> Events:
    found: Events = json.loads(dossier.files[CALENDAR])["editions"]
    return found


def test_a_calendar_has_every_edition_in_one_order() -> None:
    dossier = dossier_of(CASE)
    there = editions(dossier)
    turned = with_files(dossier, {**dossier.files, CALENDAR: written({"editions": there[::-1]})})
    assert failing(turned) == {"record": "calendar.json must have its editions in order of publication"}
    shorter = with_files(dossier, {**dossier.files, CALENDAR: written({"editions": there[1:]})})
    assert failing(shorter)["deadlines"].startswith(f"the calendar lacks the edition {there[0]['id']}")


def test_a_history_says_nothing_twice() -> None:
    dossier = dossier_of(CASE)
    content = dossier.files[HISTORY]
    twice = content.replace(b'"eventType":', b'"eventType": "EVENT_TYPE_TIMER_FIRED", "eventType":', 1)
    assert twice != content
    again = resealed(unpacked(io.BytesIO(packed(dossier))), {**dossier.files, HISTORY: twice})
    assert again.files[EVENTS] == dossier.files[EVENTS]
    assert f"{HISTORY} is not a history of Temporal" in failing(again)["history"]
