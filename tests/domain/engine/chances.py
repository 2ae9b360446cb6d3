"""What may happen to a case, at random: policies, instants of filing, waits, and fields, complete or wild."""

from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.calendar import CHINA
from domain.policy import Policy, default_policy, policy_from
from domain.statutes.in_force import starts
from domain.words import (
    CommandName,
)
from tests.domain.engine.machine import GOOD, OTHER_ENDS


def busy_policy() -> Policy:
    """A policy unlike the default in every part."""
    return policy_from(
        {
            "limits": {
                "supplement": {"amount": 3, "unit": "day"},
                "dispute_window": {"amount": 1, "unit": "month"},
                "negotiation": {"amount": 2, "unit": "working_day"},
                "coordination": {"amount": 40, "unit": "working_day"},
                "final_instance": {"amount": 60, "unit": "day"},
            },
            "warnings": {"working_days_before": [1, 4, 2], "for_limits_of_at_least": 2},
            "ladder": [
                {"level": "red", "working_days": 9},
                {"level": "notice", "working_days": 1},
                {"level": "yellow", "working_days": 2},
            ],
            "close_of_business": "17:30",
        }
    )


WILL = {
    "withdraw": 0.05,
    "decline": 0.05,
    "urge": 0.2,
    "accept_refusal": 0.2,
    "grant": 0.5,
    "authorize": 0.5,
    "agree": 0.7,
    "propose": 0.7,
    "return_for_supplement": 0.7,
}
"""How willing people are (3 for all else): seldom to end a case, so that cases live to reach the last instances."""
POLICIES = (default_policy(), default_policy(), busy_policy())
steps_of_time = st.one_of(
    st.timedeltas(timedelta(seconds=1), timedelta(hours=3)),
    st.timedeltas(timedelta(hours=3), timedelta(days=4)),
    st.timedeltas(timedelta(days=4), timedelta(days=60)),
)
# Hypothesis wants its bounds without a zone.
FIRST_FILING, LAST_FILING = datetime(2018, 9, 1), datetime(2027, 3, 1)  # noqa: DTZ001
filing_times = st.datetimes(FIRST_FILING, LAST_FILING, timezones=st.just(CHINA)) | (
    # Just before notices and the long holidays, where deadlines are moved.
    st.sampled_from(
        [date(2018, 11, 28), date(2019, 3, 18), date(2020, 1, 20), date(2025, 11, 1), date(2026, 9, 18)]
    ).map(lambda day: datetime.combine(day, time(10), tzinfo=CHINA))
)


def applicable(statute: str, at: datetime) -> datetime:
    """The instant, or the first on which anything can be filed under the statute if that is later."""
    return max(at, datetime.combine(starts()[statute], time(), CHINA))


junk = (
    st.none() | st.booleans() | st.integers(-3, 400) | st.text(max_size=8) | st.lists(st.text(max_size=3), max_size=2)
)
keys = st.sampled_from(sorted({key for fields in GOOD.values() for key in fields} | {"justification", "unheard_of"}))
wild_fields = st.dictionaries(keys, junk | st.sampled_from(["grant", "deny", "return", "agreed", "red"]), max_size=4)


def complete_fields(name: CommandName) -> st.SearchStrategy[Any]:
    return st.sampled_from([GOOD[name], *OTHER_ENDS.get(name, [])])
