"""What a text rules beyond the request: one optional section a procedure; their limits stand among the statute's.

A text without a section does not have that procedure. Where a field is None, the text is silent on it.
"""

from calendar import monthrange
from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.clocks import ClockId
from domain.periods import MONTHS, Period, Recurrence, beginnings
from domain.statutes.parts import Clause, Name, Part
from domain.words import Role, Unit


class DemandRules(Part):
    """A demand for data that the catalogue does not have (需求申请): ours or not, publishable or not."""

    clause: Clause
    not_ours: Clause
    ours: Clause
    impossible: Clause
    record: Clause = Field(description="what is impossible is filed with the bureau (备案)")
    sealed_document: Clause | None = None


class Retention(Part):
    """How long records must be kept (保存期限)."""

    amount: int = Field(ge=1, le=100)
    unit: Literal["month", "year"]
    clause: Clause


class AccessRules(Part):
    """Access that was granted (共享授权): its use, its term, its suspension, its end."""

    clause: Clause
    term: Clause | None = None
    unused: Clause | None = None
    seasonal: Clause | None = Field(default=None, description="what is excepted from revocation for want of use")
    security: Clause | None = Field(default=None, description="the grant is cancelled where security is neglected")
    misuse: Clause | None = Field(default=None, description="access is suspended and rectification urged")
    misuse_grounds: tuple[str, ...] = Field(default=(), description="the grounds of rectification that are misuse")
    terminate: Clause | None = Field(default=None, description="sharing may be terminated after that")
    end_of_service: Clause | None = Field(default=None, description="no end or change without due reason")
    negotiate_end: Clause | None = Field(default=None, description="negotiated and filed with the bureau")
    dispute: Clause | None = Field(default=None, description="who coordinates when the departments differ over the end")
    disposal: Clause | None = Field(default=None, description="what happens to the data when the purpose is over")
    records: Retention | None = None


class Push(Part):
    """Corrected data goes to all who are authorised (推送): by whom.

    ``clause`` is absent where practice alone has it.
    """

    by: Literal[Role.PROVIDER, Role.BUREAU]
    clause: Clause | None = None


class CorrectionRules(Part):
    """Doubts about shared data (数据校核).

    ``dispute`` stands where somebody coordinates when the departments differ, ``negotiate`` where they must have
    negotiated before (without ``dispute`` nobody speaks after them), ``last`` where the government decides after that.
    """

    clause: Clause
    verify: Clause
    correct: Clause | None = Field(default=None, description="the duty to keep the data right")
    matters_continue: Clause | None = Field(default=None, description="citizens' matters go on meanwhile")
    tell_bureau: Clause | None = None
    push: Push | None = Field(default=None, description="new data goes to all who are authorised")
    negotiate: Clause | None = None
    dispute: Clause | None = Field(default=None, description="who has the last word when departments differ")
    last: Clause | None = None


class Ground(Part):
    """A breach that the text lists (情形). ``clocks``: the limits whose breach is this ground.

    ``notice`` and ``by`` stand where the order for this ground rests on another clause than the section's, or comes
    from another organ: the government, where it is the bureau itself that is at fault.

    ``residual``: the last item of a list, any other breach of its own text (违反本条例规定的其他情形). To miss a limit
    of another text is none.
    """

    ADDED_LATER = frozenset({"residual", "or_superior"})

    id: str = Field(pattern=r"^[a-z_]{3,40}$")
    name: Name
    clause: Clause
    clocks: tuple[ClockId, ...] = ()
    notice: Clause | None = Field(default=None, description="the clause that lets rectification be ordered for it")
    by: Role | None = Field(default=None, description="who orders it")
    residual: bool = Field(default=False, description="any other breach of its own text, and of no other")
    or_superior: bool = Field(
        default=False, description="the bureau of the level above may order it too (或者上级主管部门)"
    )

    def takes(self, clock: ClockId, regulation: str | None) -> bool:
        """Whether the breach of a limit is this ground. ``regulation``: the one that sets it, None if the text does."""
        return clock in self.clocks and not (self.residual and self.clause.statute != regulation)


class EscalationStep(Part):
    """What comes when a rectification fails (拒不整改, 情节严重): to whom, and under what condition.

    ``not_rectified``: after the limit has passed, or a completion was rejected after it. ``serious``: where serious
    consequences or circumstances are stated, without waiting for that. ``either``: where one of the two holds.
    ``any``: the text sets no condition.
    """

    id: str = Field(pattern=r"^[a-z_]{3,40}$")
    name: Name
    to: Role | None = Field(default=None, description="the organ it goes to; None where the text names none")
    when: Literal["not_rectified", "serious", "either", "any"]
    optional: bool = Field(default=False, description="may be passed over (可以), and taken at any time by its name")
    by_itself: bool = Field(default=False, description="waits for no other step: it stands after a semicolon")
    on_refusal: bool = Field(default=False, description="the department's own refusal (拒不) is failure enough")
    grounds: tuple[str, ...] = Field(default=(), description="the grounds it is for; empty: all")
    clause: Clause


class RectificationRules(Part):
    """Rectification (督促整改): the grounds of the text, who orders it, and the steps when it fails."""

    clause: Clause
    by: Role = Role.BUREAU
    grounds: tuple[Ground, ...] = Field(min_length=1)
    steps: tuple[EscalationStep, ...] = ()

    @model_validator(mode="after")
    def _each_ground_once(self) -> Self:
        names = [ground.id for ground in self.grounds]
        clocks = [
            (clock, regulation)
            for regulation in {ground.clause.statute for ground in self.grounds}
            for ground in self.grounds
            for clock in ground.clocks
            if ground.takes(clock, regulation)
        ]
        if len(names) != len(set(names)) or len(clocks) != len(set(clocks)):
            raise ValueError("every ground stands once, and every clock under one ground")
        if not {name for step in self.steps for name in step.grounds} <= set(names):
            raise ValueError("a step is for a ground that is not listed")
        return self

    def ground(self, name: str) -> Ground | None:
        """The ground of this id, if the text lists it."""
        return next((ground for ground in self.grounds if ground.id == name), None)

    def ground_for(self, clock: ClockId, regulation: str | None) -> Ground | None:
        """The ground that the breach of a limit is, if the text lists one.

        ``regulation``: the one that sets the limit, None if it is the text itself.
        """
        return next((ground for ground in self.grounds if ground.takes(clock, regulation)), None)

    def orders(self, ground: Ground) -> Role:
        """Who orders rectification for a ground, accepts its completion, and takes it further."""
        return ground.by or self.by

    def steps_for(self, ground: Ground) -> tuple[EscalationStep, ...]:
        """What may follow when a rectification for this ground fails, in the text's order."""
        return tuple(step for step in self.steps if not step.grounds or ground.id in step.grounds)


class WithdrawalRules(Part):
    """A published resource is withdrawn (撤销发布): notice in advance, the bureau's consent.

    Without ``consent`` nobody has to agree: the bureau has it on file (``record``) and the notice runs.
    """

    clause: Clause
    notice: Clause | None = None
    consent: Clause | None = None
    negotiate: Clause | None = Field(default=None, description="negotiated with those who use the resource")
    record: Clause | None = Field(default=None, description="filed with the bureau (备案)")
    dispute: Clause | None = Field(default=None, description="who coordinates when a user does not agree")


class CatalogueExtension(Part):
    """A longer limit for the update, with the bureau's consent."""

    at_most: int = Field(ge=1, le=366)
    unit: Literal[Unit.WORKING_DAY]
    clause: Clause


BasisKind = Literal[
    "law",  # 法律
    "administrative_regulation",  # 行政法规
    "local_regulation",  # 地方性法规
    "rule",  # 规章
    "state_council_decision",  # 国务院决定
    "central_policy",  # 党中央、国务院政策
    "national_provision",  # 国家有关规定
    "policy",  # 政策
]
"""Of what kind a basis for sharing less is (依据)."""


class EntryContents(Part):
    """What every entry of the catalogue should state: what is left out is a finding and refuses nothing."""

    states: tuple[Literal["data_items", "data_format", "update_frequency", "service_mode", "classification"], ...] = (
        Field(min_length=1)
    )
    clause: Clause


class CatalogueRules(Part):
    """Changes of the catalogue (目录更新): what starts the limit, what an entry must state, who reviews it."""

    clause: Clause
    triggers: tuple[Literal["law_changed", "functions_changed", "content_changed"], ...] = Field(min_length=1)
    review: Clause | None = None
    extension: CatalogueExtension | None = None
    not_shared_basis: Clause | None = None
    not_shared_reason: Clause | None = Field(default=None, description="data not shared states the reason as well")
    bases: tuple[BasisKind, ...] = Field(default=(), description="kinds of basis the text accepts for not sharing")
    conditional_basis: Clause | None = Field(default=None, description="conditional data, too, needs a basis")
    conditional_bases: tuple[BasisKind, ...] = Field(default=(), description="kinds of basis accepted for that")
    conditional: Clause | None = Field(default=None, description="conditional data must state scope and conditions")
    conditional_states: tuple[Literal["scope", "conditions"], ...] = ("scope", "conditions")
    record: Clause | None = Field(default=None, description="the basis for not sharing is filed with the bureau (备案)")
    assessment: Clause | None = Field(
        default=None, description="assessed for secrets and privacy, and consented to by the department's head"
    )
    contents: EntryContents | None = Field(default=None, description="what every entry states beside (目录内容)")


class Duty(Part):
    """Something due again and again (定期工作). ``by`` is whoever must do it; a duty without a body is refused.

    ``every``: a period; ``event`` for what is due so soon after each event (``amount`` and ``unit``, or ``how_soon``
    where the text says 立即 or 及时 and no number); ``regular`` where it says 定期, or orders supervision, alone.
    Where it gives no number, how long that is is the operator's (policy) and no law. ``due_month`` and
    ``due_day``: the last day of each period's limit within the year (half-years and quarters count from their own first
    month); left out, the period's last day.
    """

    id: str = Field(pattern=r"^[a-z_]{3,40}$")
    name: Name
    by: Role | None = None
    body: Name | None = Field(
        default=None, description="whom the clause itself names, where that is more than the role"
    )
    to: Role = Field(default=Role.BUREAU, description="the organ to which it is accounted for")
    addressee: Name | None = Field(default=None, description="whom the clause itself names, where that is another")
    every: Literal["year", "half_year", "quarter", "event", "regular"]
    amount: int | None = Field(default=None, ge=1, le=366)
    unit: Literal[Unit.WORKING_DAY] | None = None
    how_soon: Literal["at_once", "in_time"] | None = Field(default=None, description="立即 or 及时")
    due_month: int | None = Field(default=None, ge=1, le=12)
    due_day: int | None = Field(default=None, ge=1, le=31)
    about_previous: bool = Field(default=False, description="the report is about the period before")
    on_record: bool = Field(default=False, description="only for those who filed it with the bureau (备案)")
    publish: Clause | None = Field(default=None, description="what was found is made public")
    clause: Clause
    in_force_from: date | None = None

    @model_validator(mode="after")
    def _a_limit_of_its_kind(self) -> Self:
        if (self.due_month is None) != (self.due_day is None):
            raise ValueError("due_month and due_day stand together or not at all")
        if (self.amount is None) != (self.unit is None):
            raise ValueError("amount and unit stand together")
        told = (self.amount is not None) + (self.how_soon is not None)
        if told != (self.every == "event"):
            raise ValueError("where every is event either amount and unit stand or how_soon, and nowhere else")
        if self.due_month is not None and self.every in ("event", "regular"):
            raise ValueError("due_month and due_day stand only where the text sets the period")
        if self.due_month is not None and not self._day_is_there_in_every_period():
            raise ValueError("due_month and due_day must be a day of every period")
        return self

    def _day_is_there_in_every_period(self) -> bool:
        if self.every not in MONTHS or (self.due_month or 0) > MONTHS[self.every]:
            return False
        months = [month + (self.due_month or 0) - 1 for month in beginnings(self.every)]
        return all((self.due_day or 0) <= monthrange(2001, month)[1] for month in months)

    def recurrence(self, regular: Recurrence) -> Recurrence | None:
        """The kind of its periods, where ``regular`` is the operator's for what is due 定期; None after events."""
        if self.every == "event":
            return None
        return regular if self.every == "regular" else self.every

    def last_day(self, period: Period) -> date:
        """The last day of the limit within a period."""
        if self.due_month is None or self.due_day is None:
            return period.last
        return date(period.first.year, period.first.month + self.due_month - 1, self.due_day)
