"""What a text rules beyond the request: one optional section a procedure; their limits stand among the statute's.

A text without a section does not have that procedure. Where a field is None, the text is silent on it.
"""

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.statutes.parts import Clause, Name, Part
from domain.words import ClockId, Role, Unit


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
    terminate: Clause | None = Field(default=None, description="sharing may be terminated after that")
    end_of_service: Clause | None = Field(default=None, description="no end or change without due reason")
    negotiate_end: Clause | None = Field(default=None, description="negotiated and filed with the bureau")
    disposal: Clause | None = Field(default=None, description="what happens to the data when the purpose is over")
    records: Retention | None = None


class CorrectionRules(Part):
    """Doubts about shared data (数据校核).

    ``dispute`` stands where somebody coordinates when the departments differ, ``negotiate`` where they must have
    negotiated before, ``last`` where the government decides after that. ``push_by`` is whose duty the push is.
    """

    clause: Clause
    verify: Clause
    correct: Clause | None = Field(default=None, description="the duty to keep the data right")
    matters_continue: Clause | None = Field(default=None, description="citizens' matters go on meanwhile")
    tell_bureau: Clause | None = None
    push: Clause | None = Field(default=None, description="new data goes to all who are authorised")
    push_by: Literal[Role.PROVIDER, Role.BUREAU] = Role.PROVIDER
    negotiate: Clause | None = None
    dispute: Clause | None = Field(default=None, description="who has the last word when departments differ")
    last: Clause | None = None


class Ground(Part):
    """A breach that the text lists (情形). ``clocks``: the limits whose breach is this ground."""

    id: str = Field(pattern=r"^[a-z_]{3,40}$")
    name: Name
    clause: Clause
    clocks: tuple[ClockId, ...] = ()


class EscalationStep(Part):
    """What comes when a rectification fails (拒不整改, 情节严重): to whom, and under what condition."""

    id: str = Field(pattern=r"^[a-z_]{3,40}$")
    name: Name
    to: Role | None = Field(default=None, description="the organ it goes to; None where the text names none")
    when: Literal["not_rectified", "serious"]
    clause: Clause


class RectificationRules(Part):
    """Rectification (督促整改): the grounds of the text, who orders it, and the steps when it fails."""

    clause: Clause
    by: Role = Role.BUREAU
    grounds: tuple[Ground, ...] = Field(min_length=1)
    steps: tuple[EscalationStep, ...] = ()

    def ground_for(self, clock: ClockId) -> Ground | None:
        """The ground that the breach of a limit is, if the text lists one."""
        return next((ground for ground in self.grounds if clock in ground.clocks), None)


class WithdrawalRules(Part):
    """A published resource is withdrawn (撤销发布): notice in advance, the bureau's consent.

    Without ``consent`` nobody has to agree: the bureau has it on file (``record``) and the notice runs.
    """

    clause: Clause
    notice: Clause | None = None
    consent: Clause | None = None
    negotiate: Clause | None = Field(default=None, description="negotiated with those who use the resource")
    record: Clause | None = Field(default=None, description="filed with the bureau (备案)")


class CatalogueExtension(Part):
    """A longer limit for the update, with the bureau's consent."""

    at_most: int = Field(ge=1, le=366)
    unit: Literal[Unit.WORKING_DAY]
    clause: Clause


class CatalogueRules(Part):
    """Changes of the catalogue (目录更新): what starts the limit, what an entry must state, who reviews it."""

    clause: Clause
    triggers: tuple[Literal["law_changed", "functions_changed", "content_changed"], ...] = Field(min_length=1)
    review: Clause | None = None
    extension: CatalogueExtension | None = None
    not_shared_basis: Clause | None = None
    bases: tuple[str, ...] = Field(default=(), description="kinds of basis the text accepts for not sharing")
    conditional: Clause | None = Field(default=None, description="conditional data must state scope and conditions")


class Duty(Part):
    """Something due again and again (定期工作). ``by`` is whoever must do it; a duty without a body is refused.

    ``due_month`` and ``due_day``: the last day of each period's limit within the year (half-years and quarters count
    from their own first month); left out, the period's last day.
    """

    id: str = Field(pattern=r"^[a-z_]{3,40}$")
    name: Name
    by: Role | None = None
    every: Literal["year", "half_year", "quarter"]
    due_month: int | None = Field(default=None, ge=1, le=12)
    due_day: int | None = Field(default=None, ge=1, le=31)
    about_previous: bool = Field(default=False, description="the report is about the period before")
    clause: Clause
    in_force_from: date | None = None

    @model_validator(mode="after")
    def _a_whole_day(self) -> Self:
        if (self.due_month is None) != (self.due_day is None):
            raise ValueError("due_month and due_day stand together or not at all")
        return self
