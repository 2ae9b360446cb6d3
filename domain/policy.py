"""The operator's own limits and supervision ladder (内部规程): set in configuration, never shown as law.

``data/policy.yaml`` has the packaged defaults; an operator may use its own file. A case keeps the policy under which it
was filed.
"""

from collections.abc import Mapping
from datetime import time
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import Field, field_validator

from domain.clocks import IN_EVERY_POLICY, POLICY_CLOCKS, ClockId
from domain.model import Fixed
from domain.periods import Recurrence
from domain.validation_messages import own_reason
from domain.words import Unit, Urgency


class PolicyPart(Fixed):
    """A part of a policy file; unknown keys are refused."""


class PolicyLimit(PolicyPart):
    """A limit that no text sets (操作时限)."""

    amount: int = Field(ge=1, le=366)
    unit: Unit


DaysBefore = Annotated[tuple[Annotated[int, Field(ge=1, le=60)], ...], Field(max_length=5)]


class FixedDayWarnings(PolicyPart):
    """When to warn before a limit that ends on a fixed day (提醒): working days before, if it is long enough."""

    working_days_before: DaysBefore = (10, 2)
    for_limits_of_at_least: int = Field(default=5, ge=1, le=366)


class Warnings(PolicyPart):
    """When to warn before a limit ends: so many working days before, for limits of at least a given length."""

    working_days_before: DaysBefore
    for_limits_of_at_least: int = Field(ge=1, le=366)
    fixed_days: FixedDayWarnings = FixedDayWarnings()

    def before(self, unit: Unit, amount: int) -> tuple[int, ...]:
        """How many working days before the end of a limit to warn."""
        rule: Warnings | FixedDayWarnings = self.fixed_days if unit is Unit.DATE else self
        counted = unit in (Unit.WORKING_DAY, Unit.DATE) and amount >= rule.for_limits_of_at_least
        return rule.working_days_before if counted else ()


class LadderStep(PolicyPart):
    """A rung of the supervision ladder (督办): so many working days after the breach (0: with the breach)."""

    level: Urgency
    working_days: int = Field(ge=0, le=250)


class EventDuties(PolicyPart):
    """Working days for a duty after an event (事项发生后) if its text says only 立即 or 及时, without a number."""

    at_once: int = Field(default=1, ge=1, le=366)
    in_time: int = Field(default=5, ge=1, le=366)


class Policy(PolicyPart):
    """All that the operator may configure about time.

    ``close_of_business`` (``HH:MM``, Asia/Shanghai) ends a day early; None means 24:00.
    ``receipt_grace_seconds``: how long a timer waits after the end of a limit, so that a command received in time but
    still being processed is judged by its time of receipt. ``regular_duties``: how often something is due if a text
    says 定期 without a number. ``event_duties``: how soon, if it says 立即 or 及时.
    """

    limits: Mapping[ClockId, PolicyLimit]
    warnings: Warnings
    ladder: tuple[LadderStep, ...] = Field(max_length=10)
    close_of_business: time | None = None
    regular_duties: Recurrence = "half_year"
    event_duties: EventDuties = EventDuties()
    receipt_grace_seconds: int = Field(default=60, ge=1, le=3600)

    @field_validator("close_of_business")
    @classmethod
    def _an_hour_of_the_day(cls, close: time | None) -> time | None:
        if close is not None and (close == time() or close.tzinfo is not None):
            raise own_reason("closing_hour")
        return close

    def limit(self, clock: ClockId) -> PolicyLimit:
        """The limit of a policy clock. Raises KeyError for a clock that only a statute may set."""
        return self.limits[clock]


def policy_from(data: Mapping[str, Any]) -> Policy:
    """A policy from plain data; limits that an older file does not name are taken from the packaged policy.

    Raises ValueError (pydantic's, or one sentence) if a clock that every file must name is missing, or for an unknown
    clock.
    """
    policy = Policy.model_validate(data)
    wrong = (set(IN_EVERY_POLICY) - set(policy.limits)) | (set(policy.limits) - set(POLICY_CLOCKS))
    if wrong:
        raise ValueError(f"limits must name exactly the policy clocks; check {', '.join(sorted(wrong))}")
    return completed(policy)


def completed(policy: Policy) -> Policy:
    """The policy with the packaged limits for the clocks that it does not name."""
    if set(policy.limits) == set(POLICY_CLOCKS):
        return policy
    return policy.model_copy(update={"limits": {**default_policy().limits, **policy.limits}})


@cache
def default_policy() -> Policy:
    """The packaged policy. Raises ValueError, with file and name, unless it names exactly the policy clocks."""
    import yaml

    text = files("domain").joinpath("data/policy.yaml").read_text(encoding="utf-8")
    policy = Policy.model_validate(yaml.safe_load(text))
    wrong = set(policy.limits) ^ set(POLICY_CLOCKS)
    if wrong:
        raise ValueError(
            f"domain/data/policy.yaml: limits must name the policy clocks; check {', '.join(sorted(wrong))}"
        )
    return policy
