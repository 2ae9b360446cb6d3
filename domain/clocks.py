"""Every limit and period that can run in a case (时限), declared once: its word, what it measures, who sets its length.

Its length is in statutes and policies, the stages in which it runs in the procedures. To add a clock, add a member to
:class:`ClockId`; every table of clocks is derived from it.
"""

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final, Self


class ClockKind(StrEnum):
    """What the end of a clock means."""

    DUTY = "duty"  # somebody must act: a miss sets off the supervision ladder
    WINDOW = "window"  # somebody may act until then: nobody is urged
    TERM = "term"  # something ends, or may begin: nobody is urged


class NumberFrom(StrEnum):
    """Where the length of a clock comes from."""

    STATUTE = "statute"  # the text alone: if the text has no number, the clock does not run
    POLICY = "policy"  # the text if it has a number, otherwise the operator's policy
    DECISION = "decision"  # a decision in the case, by whoever the text empowers


class InvalidClock(Exception):
    """A clock declaration that is empty or contradicts itself: one sentence with file and name."""


@dataclass(frozen=True)
class ClockDeclaration:
    """The declaration of one clock: ``word`` is its identifier; ``measures`` is one English sentence.

    ``number`` says who sets its length. ``on_the_last_day``: there is a reminder on the last day too, because nothing
    is said when the clock ends. ``in_every_policy``: an operator's policy file must name it, as files have had to since
    share requests were the only procedure; other clocks are filled in from the packaged policy.

    Raises InvalidClock, when the program starts, if ``measures`` is empty or policy cannot set its length.
    """

    word: str
    measures: str
    number: NumberFrom
    kind: ClockKind = ClockKind.DUTY
    on_the_last_day: bool = False
    in_every_policy: bool = False

    def __post_init__(self) -> None:
        """Check the declaration."""
        if not self.measures.strip():
            raise InvalidClock(f"domain/clocks.py: the clock {self.word} does not say what it measures.")
        if self.in_every_policy and self.number is not NumberFrom.POLICY:
            raise InvalidClock(f"domain/clocks.py: no policy can name {self.word}: its number is none of policy.")


_STATUTE, _POLICY, _DECISION = NumberFrom.STATUTE, NumberFrom.POLICY, NumberFrom.DECISION


@unique
class ClockId(StrEnum):
    """What a clock measures (时限)."""

    _value_: str
    declared: ClockDeclaration

    def __new__(cls, declared: ClockDeclaration | str) -> Self:
        """Make a member from its declaration. Raises InvalidClock for a bare word."""
        if not isinstance(declared, ClockDeclaration):
            raise InvalidClock(f"domain/clocks.py: the clock {declared} has no declaration: say what it measures.")
        clock = str.__new__(cls, declared.word)
        clock._value_, clock.declared = declared.word, declared
        return clock

    # share request; disputes of other procedures share its last four
    COMPLETENESS_CHECK = ClockDeclaration(
        "completeness_check", "How long the bureau may take to check that a request is complete.", _STATUTE
    )
    PLATFORM_AUTHORIZATION = ClockDeclaration(
        "platform_authorization", "How long the authorization by the platform's bureau may take.", _STATUTE
    )
    PROVIDER_ANSWER = ClockDeclaration(
        "provider_answer", "How long the provider may take to answer a request.", _STATUTE
    )
    DELIVERY = ClockDeclaration("delivery", "How long the provider may take to hand over what was granted.", _STATUTE)
    SUPPLEMENT = ClockDeclaration(
        "supplement",
        "How long the requester may supply what is missing; after it the request counts as withdrawn.",
        _POLICY,
        ClockKind.WINDOW,
        in_every_policy=True,
    )
    DISPUTE_WINDOW = ClockDeclaration(
        "dispute_window",
        "How long the side that was refused may take the dispute further.",
        _POLICY,
        ClockKind.WINDOW,
        in_every_policy=True,
    )
    NEGOTIATION = ClockDeclaration(
        "negotiation", "How long the two departments may negotiate.", _POLICY, in_every_policy=True
    )
    COORDINATION = ClockDeclaration(
        "coordination", "How long the coordination of a dispute may take.", _POLICY, in_every_policy=True
    )
    FINAL_INSTANCE = ClockDeclaration(
        "final_instance", "How long the organ that decides last may take.", _POLICY, in_every_policy=True
    )
    # demand
    DEMAND_FEEDBACK = ClockDeclaration(
        "demand_feedback",
        "How long a report that nothing can be published is in time, if one is due at all.",
        _STATUTE,
        ClockKind.WINDOW,
        on_the_last_day=True,
    )
    DEMAND_PUBLICATION = ClockDeclaration(
        "demand_publication",
        "How long a department may take to list and publish what was demanded.",
        _STATUTE,
    )
    FOLLOW_UP_WINDOW = ClockDeclaration(
        "follow_up_window",
        "How long whoever demanded a resource may still request it; after it the demand ends as published.",
        _POLICY,
        ClockKind.WINDOW,
    )
    # access grant
    GRANT_TERM = ClockDeclaration("grant_term", "How long access was granted for.", _DECISION, ClockKind.TERM)
    UNUSED_ACCESS = ClockDeclaration(
        "unused_access",
        "How long access may go unused before the provider may revoke it.",
        _STATUTE,
        ClockKind.TERM,
    )
    RENEWAL_WINDOW = ClockDeclaration(
        "renewal_window",
        "How long after its term a grant may still be renewed; after it access is closed.",
        _POLICY,
        ClockKind.WINDOW,
    )
    DISPOSAL = ClockDeclaration(
        "disposal", "How long the user may take to report what became of the data after its use.", _POLICY
    )
    # data correction
    DIFFERENCE_FEEDBACK = ClockDeclaration(
        "difference_feedback",
        "How long whoever found a difference may take to tell the other side.",
        _STATUTE,
    )
    DATA_VERIFICATION = ClockDeclaration(
        "data_verification", "How long the provider may take to verify doubted data.", _POLICY
    )
    DATA_PUSH = ClockDeclaration(
        "data_push", "How long the provider may take to send corrected data to those who use it.", _POLICY
    )
    # rectification
    RECTIFICATION = ClockDeclaration(
        "rectification", "How long a department has to put right what a notice names.", _DECISION
    )
    RECTIFICATION_REVIEW = ClockDeclaration(
        "rectification_review", "How long the review of a reported rectification may take.", _POLICY
    )
    # resource withdrawal
    WITHDRAWAL_REVIEW = ClockDeclaration(
        "withdrawal_review", "How long the bureau may take over its consent to a withdrawal.", _POLICY
    )
    WITHDRAWAL_NOTICE = ClockDeclaration(
        "withdrawal_notice",
        "How long those who use a resource know of its withdrawal before it is carried out.",
        _POLICY,
        ClockKind.TERM,
    )
    # catalogue change
    CATALOGUE_UPDATE = ClockDeclaration(
        "catalogue_update", "How long a department may take to bring its catalogue up to date.", _POLICY
    )
    CATALOGUE_REVIEW = ClockDeclaration(
        "catalogue_review", "How long the review of an updated catalogue may take.", _POLICY
    )
    # periodic duty
    DUTY = ClockDeclaration(
        "duty",
        "Until when recurring work must be done; of 定期 and 及时 alone policy says what they mean.",
        _STATUTE,
    )


POLICY_CLOCKS: Final = tuple(clock for clock in ClockId if clock.declared.number is _POLICY)
"""The limits that a text may leave open. If a statute sets one of them, the statute's number counts."""

IN_EVERY_POLICY: Final = tuple(clock for clock in ClockId if clock.declared.in_every_policy)
"""The limits that every policy file must name: those of a share request that no text sets."""


def is_duty(clock: ClockId) -> bool:
    """Whether somebody is urged when the clock runs out; nobody is for windows and terms."""
    return clock.declared.kind is ClockKind.DUTY


def reminds_on_the_last_day(clock: ClockId) -> bool:
    """Whether there is a reminder on the last day itself, besides those of policy."""
    return clock.declared.on_the_last_day
