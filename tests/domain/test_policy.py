"""The operator's own limits: the packaged ones are those that users were promised, wrong ones are refused."""

from datetime import time
from typing import Any

import pytest
from pydantic import ValidationError

from domain.clocks import POLICY_CLOCKS, ClockId
from domain.policy import Policy, default_policy, policy_from
from domain.words import Unit, Urgency

PROMISED = {
    "supplement": 5,
    "dispute_window": 30,
    "negotiation": 10,
    "coordination": 10,
    "final_instance": 20,
    "follow_up_window": 30,
    "renewal_window": 30,
    "disposal": 10,
    "data_verification": 5,
    "data_push": 2,
    "rectification_review": 5,
    "withdrawal_review": 5,
    "withdrawal_notice": 10,
    "catalogue_update": 5,
    "catalogue_review": 2,
}


def data(**changes: Any) -> dict[str, Any]:
    """The packaged policy as plain data, with changes."""
    return {**default_policy().model_dump(mode="json"), **changes}


def limits(**changes: Any) -> dict[str, Any]:
    plain = {name: {"amount": days, "unit": "working_day"} for name, days in PROMISED.items()}
    merged = {**plain, **changes}
    return {name: limit for name, limit in merged.items() if limit is not None}


def test_packaged_limits() -> None:
    """A clock that came later is none that was promised."""
    policy = default_policy()
    packaged = {clock.value: (limit.amount, limit.unit) for clock, limit in policy.limits.items()}
    assert {name: packaged[name] for name in PROMISED} == {
        name: (days, Unit.WORKING_DAY) for name, days in PROMISED.items()
    }
    assert policy.close_of_business is None


def test_packaged_ladder_and_warnings() -> None:
    policy = default_policy()
    assert [(rung.level, rung.working_days) for rung in policy.ladder] == [
        (Urgency.NOTICE, 0),
        (Urgency.YELLOW, 3),
        (Urgency.RED, 5),
    ]
    assert policy.warnings.working_days_before == (2,)
    assert policy.warnings.for_limits_of_at_least == 5
    assert policy.receipt_grace_seconds == 60


def test_no_statutory_limit_is_policy() -> None:
    statutory = {
        ClockId.COMPLETENESS_CHECK,
        ClockId.PLATFORM_AUTHORIZATION,
        ClockId.PROVIDER_ANSWER,
        ClockId.DELIVERY,
        ClockId.DEMAND_FEEDBACK,
        ClockId.DEMAND_PUBLICATION,
        ClockId.DIFFERENCE_FEEDBACK,
        ClockId.UNUSED_ACCESS,
        ClockId.DUTY,
    }
    set_in_the_case = {ClockId.GRANT_TERM, ClockId.RECTIFICATION}
    assert not set(POLICY_CLOCKS) & (statutory | set_in_the_case)
    assert {clock.value for clock in POLICY_CLOCKS} >= set(PROMISED)
    for clock in set(ClockId) - set(POLICY_CLOCKS):
        with pytest.raises(KeyError):
            default_policy().limit(clock)


def test_a_policy_from_before_other_procedures_is_completed() -> None:
    """An operator's file that names the limits of the request alone still stands; the others are as packaged."""
    of_the_request = ("supplement", "dispute_window", "negotiation", "coordination", "final_instance")
    own = {name: {"amount": 7, "unit": "working_day"} for name in of_the_request}
    policy = policy_from(data(limits=own))
    assert {clock for clock, limit in policy.limits.items() if limit.amount == 7} == set(of_the_request)
    assert set(policy.limits) == set(POLICY_CLOCKS)


def test_a_policy_survives_its_own_json() -> None:
    policy = policy_from(data(close_of_business="17:30"))
    assert Policy.model_validate_json(policy.model_dump_json()) == policy
    assert policy_from(policy.model_dump()) == policy
    assert policy.close_of_business == time(17, 30)


@pytest.mark.parametrize(
    "changes",
    [
        {"limits": limits(negotiation={"amount": 3, "unit": "month"})},
        {"limits": limits(supplement={"amount": 366, "unit": "day"})},
        {"ladder": []},
        {"warnings": {"working_days_before": [], "for_limits_of_at_least": 1}},
        {"receipt_grace_seconds": 1},
        {"receipt_grace_seconds": 3600},
    ],
)
def test_what_may_be_configured(changes: dict[str, Any]) -> None:
    policy = policy_from(data(**changes)).model_dump(mode="json")
    for name, value in changes.items():
        said = {key: policy[name][key] for key in value} if isinstance(value, dict) else policy[name]
        assert said == value


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"limits": limits(negotiation=None)}, "negotiation"),
        ({"limits": limits(provider_answer={"amount": 5, "unit": "working_day"})}, "provider_answer"),
        ({"limits": limits(delivery={"amount": 5, "unit": "working_day"}, supplement=None)}, "delivery, supplement"),
        ({"limits": {}}, "coordination, dispute_window, final_instance, negotiation, supplement"),
    ],
)
def test_limits_are_exactly_those_of_policy(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"check {named}$"):
        policy_from(data(**changes))


@pytest.mark.parametrize(
    ("changes", "at"),
    [
        ({"limits": limits(negotiation={"amount": 0, "unit": "working_day"})}, "limits.negotiation.amount"),
        ({"limits": limits(negotiation={"amount": 367, "unit": "working_day"})}, "limits.negotiation.amount"),
        ({"limits": limits(negotiation={"amount": 5, "unit": "week"})}, "limits.negotiation.unit"),
        ({"limits": limits(negotiation={"amount": 5})}, "limits.negotiation.unit"),
        ({"limits": limits(negotiation={"amount": 5, "unit": "day", "basis": "statute"})}, "limits.negotiation.basis"),
        ({"limits": limits(lunch={"amount": 5, "unit": "day"})}, "limits.lunch.[key]"),
        ({"ladder": [{"level": "black", "working_days": 0}]}, "ladder.0.level"),
        ({"ladder": [{"level": "red", "working_days": -1}]}, "ladder.0.working_days"),
        ({"ladder": [{"level": "red", "working_days": 251}]}, "ladder.0.working_days"),
        ({"ladder": [{"level": "red", "working_days": 1}] * 11}, "ladder"),
        (
            {"warnings": {"working_days_before": [1] * 6, "for_limits_of_at_least": 5}},
            "warnings.working_days_before",
        ),
        ({"warnings": {"working_days_before": [2], "for_limits_of_at_least": 0}}, "warnings.for_limits_of_at_least"),
        ({"close_of_business": "half past five"}, "close_of_business"),
        ({"receipt_grace_seconds": 0}, "receipt_grace_seconds"),
        ({"receipt_grace_seconds": 3601}, "receipt_grace_seconds"),
        ({"holidays": []}, "holidays"),
        ({"ladder": None}, "ladder"),
    ],
)
def test_wrong_policies_name_the_place(changes: dict[str, Any], at: str) -> None:
    with pytest.raises(ValidationError) as wrong:
        policy_from(data(**changes))
    assert [".".join(str(step) for step in error["loc"]) for error in wrong.value.errors()] == [at]


@pytest.mark.parametrize("left_out", ["limits", "warnings", "ladder"])
def test_nothing_needed_may_be_left_out(left_out: str) -> None:
    with pytest.raises(ValidationError, match=left_out):
        policy_from({name: value for name, value in data().items() if name != left_out})


def test_close_and_grace_may_be_left_out() -> None:
    policy = policy_from({name: data()[name] for name in ("limits", "warnings", "ladder")})
    assert (policy.close_of_business, policy.receipt_grace_seconds) == (None, 60)


def test_a_policy_never_changes() -> None:
    with pytest.raises(ValidationError):
        default_policy().receipt_grace_seconds = 5  # type: ignore[misc]
    assert default_policy() is default_policy()
