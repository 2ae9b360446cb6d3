"""Texts of rules by digest: what a digest names never changes, and nothing else passes for it."""

import json

import pytest

from domain.clocks import ClockId
from domain.policy import default_policy
from domain.rule_texts import RuleText, RuleTextMissing, RuleTexts, RuleTextWrong, rule_text_of
from domain.statutes.loader import digest, get_statute, packaged_statutes
from domain.words import Unit


@pytest.mark.parametrize("name", packaged_statutes())
def test_a_statute_comes_back_from_its_text(name: str) -> None:
    statute, texts = get_statute(name), RuleTexts()
    text = rule_text_of(statute)
    assert text.digest == digest(statute)
    texts.add(RuleText(text.digest, text.kind, json.loads(json.dumps(text.body))))
    assert texts.statute(text.digest) == statute


def test_a_policy_comes_back_from_its_text() -> None:
    policy, texts = default_policy(), RuleTexts()
    text = rule_text_of(policy)
    texts.add(text)
    assert texts.policy(text.digest) == policy


def test_another_policy_has_another_digest() -> None:
    policy = default_policy()
    longer = policy.limits[ClockId.NEGOTIATION].model_copy(update={"amount": 11, "unit": Unit.WORKING_DAY})
    changed = policy.model_copy(update={"limits": {**policy.limits, ClockId.NEGOTIATION: longer}})
    texts = RuleTexts()
    assert texts.digest(changed) != texts.digest(policy)
    assert texts.policy(texts.digest(changed)) == changed


def test_content_under_another_digest_is_refused() -> None:
    text, texts = rule_text_of(default_policy()), RuleTexts()
    with pytest.raises(RuleTextWrong):
        texts.add(RuleText(text.digest, text.kind, {**text.body, "receipt_grace_seconds": 61}))
    assert texts.missing([text.digest]) == [text.digest]


def test_what_nobody_knows_is_said_to_be_missing() -> None:
    texts = RuleTexts()
    with pytest.raises(RuleTextMissing):
        texts.statute("0" * 64)
    policy = texts.digest(default_policy())
    with pytest.raises(RuleTextMissing):
        texts.statute(policy)
