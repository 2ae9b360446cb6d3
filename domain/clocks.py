"""Every limit and period that a case can be under (时限), declared once: what it measures and who may set its number.

What a clock amounts to stands in statutes and policies, which procedure runs under it in the procedure. A new clock is
a word in :class:`domain.words.ClockId` and a row here; every other table derives from these rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ClockId(StrEnum):
    """What a clock measures (时限)."""

    COMPLETENESS_CHECK = "completeness_check"
    PLATFORM_AUTHORIZATION = "platform_authorization"
    PROVIDER_ANSWER = "provider_answer"
    DELIVERY = "delivery"
    SUPPLEMENT = "supplement"
    DISPUTE_WINDOW = "dispute_window"
    NEGOTIATION = "negotiation"
    COORDINATION = "coordination"
    FINAL_INSTANCE = "final_instance"
    # demand
    DEMAND_FEEDBACK = "demand_feedback"
    DEMAND_PUBLICATION = "demand_publication"
    FOLLOW_UP_WINDOW = "follow_up_window"
    # access grant
    GRANT_TERM = "grant_term"
    UNUSED_ACCESS = "unused_access"
    RENEWAL_WINDOW = "renewal_window"
    DISPOSAL = "disposal"
    # data correction
    DIFFERENCE_FEEDBACK = "difference_feedback"
    DATA_VERIFICATION = "data_verification"
    DATA_PUSH = "data_push"
    # rectification
    RECTIFICATION = "rectification"
    RECTIFICATION_REVIEW = "rectification_review"
    # resource withdrawal
    WITHDRAWAL_REVIEW = "withdrawal_review"
    WITHDRAWAL_NOTICE = "withdrawal_notice"
    # catalogue change
    CATALOGUE_UPDATE = "catalogue_update"
    CATALOGUE_REVIEW = "catalogue_review"
    # periodic duty
    DUTY = "duty"


class ClockKind(StrEnum):
    """What the end of a clock means."""

    DUTY = "duty"  # somebody must act: when it is missed, the ladder of supervision is climbed
    WINDOW = "window"  # somebody may act until then: nobody is urged
    TERM = "term"  # something simply ends, or may begin: nobody is urged


class NumberFrom(StrEnum):
    """Where the number of a clock comes from."""

    STATUTE = "statute"  # the text alone: without a number of the text it does not run
    POLICY = "policy"  # the text where it sets one, otherwise the operator's policy
    DECISION = "decision"  # whoever the text empowers, in the case itself


@dataclass(frozen=True)
class ClockDeclaration:
    """One clock: ``measures`` is one English sentence.

    ``number`` says who may set how long it is. ``on_the_last_day``: there is a reminder on the last day too, because
    the end itself says nothing. ``in_every_policy``: an operator's file must name it, as files did when requests were
    all there was; the others are completed from the packaged policy.
    """

    id: ClockId
    measures: str
    number: NumberFrom
    kind: ClockKind = ClockKind.DUTY
    on_the_last_day: bool = False
    in_every_policy: bool = False


class UndeclaredClock(Exception):
    """The table and the words do not agree: a clock without a row, with two, or without a sentence."""


def declared(rows: Sequence[ClockDeclaration]) -> Mapping[ClockId, ClockDeclaration]:
    """The rows by clock, in their order. Raises UndeclaredClock, with file and name, unless each clock has one row."""
    found = {row.id: row for row in rows}
    for clock in ClockId:
        if clock not in found:
            raise UndeclaredClock(f"domain/clocks.py: the clock {clock.value} has no row: say what it measures.")
    for number, row in enumerate(rows):
        if row.id in [earlier.id for earlier in rows[:number]]:
            raise UndeclaredClock(f"domain/clocks.py: the clock {row.id.value} has a second row.")
        if not row.measures.strip():
            raise UndeclaredClock(f"domain/clocks.py: the clock {row.id.value} does not say what it measures.")
        if row.in_every_policy and row.number is not NumberFrom.POLICY:
            raise UndeclaredClock(f"domain/clocks.py: no policy can name {row.id.value}: its number is none of policy.")
    return found


_STATUTE, _POLICY, _DECISION = NumberFrom.STATUTE, NumberFrom.POLICY, NumberFrom.DECISION

CLOCKS: Final[Mapping[ClockId, ClockDeclaration]] = declared(
    (
        # share request; disputes of other procedures share its last four
        ClockDeclaration(
            ClockId.COMPLETENESS_CHECK, "How long the bureau may take to check that a request is complete.", _STATUTE
        ),
        ClockDeclaration(
            ClockId.PLATFORM_AUTHORIZATION, "How long the authorization by the platform's bureau may take.", _STATUTE
        ),
        ClockDeclaration(ClockId.PROVIDER_ANSWER, "How long the provider may take to answer a request.", _STATUTE),
        ClockDeclaration(ClockId.DELIVERY, "How long the provider may take to hand over what was granted.", _STATUTE),
        ClockDeclaration(
            ClockId.SUPPLEMENT,
            "How long the requester may supply what is missing; after it the request counts as withdrawn.",
            _POLICY,
            ClockKind.WINDOW,
            in_every_policy=True,
        ),
        ClockDeclaration(
            ClockId.DISPUTE_WINDOW,
            "How long the side that was refused may take the dispute further.",
            _POLICY,
            ClockKind.WINDOW,
            in_every_policy=True,
        ),
        ClockDeclaration(
            ClockId.NEGOTIATION, "How long the two departments may negotiate.", _POLICY, in_every_policy=True
        ),
        ClockDeclaration(
            ClockId.COORDINATION, "How long the coordination of a dispute may take.", _POLICY, in_every_policy=True
        ),
        ClockDeclaration(
            ClockId.FINAL_INSTANCE, "How long the organ that decides last may take.", _POLICY, in_every_policy=True
        ),
        # demand
        ClockDeclaration(
            ClockId.DEMAND_FEEDBACK,
            "How long a report that nothing can be published is in time, if one is due at all.",
            _STATUTE,
            ClockKind.WINDOW,
            on_the_last_day=True,
        ),
        ClockDeclaration(
            ClockId.DEMAND_PUBLICATION,
            "How long a department may take to list and publish what was demanded.",
            _STATUTE,
        ),
        ClockDeclaration(
            ClockId.FOLLOW_UP_WINDOW,
            "How long whoever demanded a resource may still request it; after it the demand ends as published.",
            _POLICY,
            ClockKind.WINDOW,
        ),
        # access grant
        ClockDeclaration(ClockId.GRANT_TERM, "How long access was granted for.", _DECISION, ClockKind.TERM),
        ClockDeclaration(
            ClockId.UNUSED_ACCESS,
            "How long access may go unused before the provider may revoke it.",
            _STATUTE,
            ClockKind.TERM,
        ),
        ClockDeclaration(
            ClockId.RENEWAL_WINDOW,
            "How long after its term a grant may still be renewed; after it access is closed.",
            _POLICY,
            ClockKind.WINDOW,
        ),
        ClockDeclaration(
            ClockId.DISPOSAL, "How long the user may take to report what became of the data after its use.", _POLICY
        ),
        # data correction
        ClockDeclaration(
            ClockId.DIFFERENCE_FEEDBACK,
            "How long whoever found a difference may take to tell the other side.",
            _STATUTE,
        ),
        ClockDeclaration(ClockId.DATA_VERIFICATION, "How long the provider may take to verify doubted data.", _POLICY),
        ClockDeclaration(
            ClockId.DATA_PUSH, "How long the provider may take to send corrected data to those who use it.", _POLICY
        ),
        # rectification
        ClockDeclaration(
            ClockId.RECTIFICATION, "How long a department has to put right what a notice names.", _DECISION
        ),
        ClockDeclaration(
            ClockId.RECTIFICATION_REVIEW, "How long the review of a reported rectification may take.", _POLICY
        ),
        # resource withdrawal
        ClockDeclaration(
            ClockId.WITHDRAWAL_REVIEW, "How long the bureau may take over its consent to a withdrawal.", _POLICY
        ),
        ClockDeclaration(
            ClockId.WITHDRAWAL_NOTICE,
            "How long those who use a resource know of its withdrawal before it is carried out.",
            _POLICY,
            ClockKind.TERM,
        ),
        # catalogue change
        ClockDeclaration(
            ClockId.CATALOGUE_UPDATE, "How long a department may take to bring its catalogue up to date.", _POLICY
        ),
        ClockDeclaration(ClockId.CATALOGUE_REVIEW, "How long the review of an updated catalogue may take.", _POLICY),
        # periodic duty
        ClockDeclaration(
            ClockId.DUTY,
            "Until when recurring work must be done; of 定期 and 及时 alone policy says what they mean.",
            _STATUTE,
        ),
    )
)
"""Each clock's row, in the order of the procedures."""

POLICY_CLOCKS: Final = tuple(row.id for row in CLOCKS.values() if row.number is NumberFrom.POLICY)
"""The limits that a text may leave open. Where a statute sets one of them, the statute's counts."""

IN_EVERY_POLICY: Final = tuple(row.id for row in CLOCKS.values() if row.in_every_policy)
"""The limits that every policy file names: those of a share request that no text sets."""


def is_duty(clock: ClockId) -> bool:
    """Whether somebody is urged when the clock runs out; windows and terms end without that."""
    return CLOCKS[clock].kind is ClockKind.DUTY


def reminds_on_the_last_day(clock: ClockId) -> bool:
    """Whether there is a reminder on the last day itself, besides those of policy."""
    return CLOCKS[clock].on_the_last_day
