"""A statute as data: one regulation's bodies, classes, routes, limits, duties and instances.

Every limit, duty and step has a :class:`Clause`: the article that sets it and a short verbatim quote. Numbers of days
and names of organs are nowhere else.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal, get_args

from pydantic import Field

from domain.clocks import ClockId
from domain.statutes.parts import Clause, Limit, Name, Overall, Part, Section
from domain.statutes.sections import (
    AccessRules,
    CatalogueExtension,
    CatalogueRules,
    CorrectionRules,
    DemandRules,
    Duty,
    RectificationRules,
    WithdrawalRules,
)
from domain.words import Authorization, Role, SharingClass, Stage, Unit

__all__ = ["Clause", "Limit", "Name", "Overall", "Part", "Regulation", "Statute"]


class Regulation(Part):
    """A regulation above the statute, whose clauses are merged into it (上位法).

    ``excerpt``: ``source`` has some of its clauses among other text, not the whole text by articles.
    """

    ADDED_LATER = frozenset({"further_sources"})

    title: Name
    document: str | None = None
    source: str
    further_sources: tuple[str, ...] = ()
    excerpt: bool = False


class Body(Part):
    """An organ that acts in a role (机构)."""

    name: Name
    clause: Clause


class ClassRule(Part):
    """A sharing class and the text's own word for it (共享类型)."""

    name: Name
    clause: Clause


class Requirement(Part):
    """A field that an application must state under this text (申请内容)."""

    field: Literal["purpose", "scope", "item_count"]
    clause: Clause


class Declaration(Part):
    """A field that an application should declare; if it is missing, that is a finding and not a refusal."""

    field: Literal["legal_basis", "service_mode", "use_until", "office_head_consent"]
    clause: Clause


class Filing(Part):
    """What a filing must contain, what it should declare, and what it may not concern (申请)."""

    ADDED_LATER = frozenset({"declares"})

    requires: tuple[Requirement, ...] = Field(min_length=1)
    declares: tuple[Declaration, ...] = ()
    secret_data_excluded: Clause
    sealed_document: Clause | None = None


class Route(Part):
    """The first stage of a filing, by sharing class and, if the text distinguishes, authorization.

    ``opens``: ``granted`` (access at once), ``refused`` (no sharing under this text), or the first stage.
    ``then`` is the stage after a passed completeness check.
    """

    sharing_class: SharingClass
    authorization: Authorization | None = None
    opens: Literal["granted", "refused", "completeness_check", "provider_answer", "negotiation"]
    then: Literal["platform_authorization", "provider_answer"] | None = None
    clause: Clause


ROUTED = frozenset({Stage.COMPLETENESS_CHECK, Stage.PLATFORM_AUTHORIZATION, Stage.PROVIDER_ANSWER})
"""The stages that only a route leads to, by ``opens`` or ``then``."""


class Decline(Part):
    """Whether an application may be declined without examination (不予受理)."""

    allowed: bool
    clause: Clause


class Refusal(Part):
    """What a refusal must state (不同意共享): always a reason; ``legal_basis`` if the text asks for 依据.

    A text may bind only the answering department, or whoever refuses; in the latter case the statute also has such a
    rule as ``denial``, and an instance that denies must state its legal basis.
    """

    legal_basis: bool
    clause: Clause


class SupplementRules(Part):
    """Who may ask once for missing papers (一次性补正). Without ``clause``, by practice alone."""

    by: Literal["bureau", "provider"]
    clause: Clause | None = None


class Extension(Part):
    """A longer limit for the answer, with the bureau's consent (延长答复期限).

    ``sharing_class``: the only class of data for which it is possible, if restricted.
    """

    sharing_class: SharingClass | None = None

    at_most: int = Field(ge=1, le=366)
    unit: Literal[Unit.WORKING_DAY]
    clause: Clause


class Negotiation(Part):
    """Who negotiates (协商). ``granted_conditions``: disputes over granted conditions come here too."""

    parties: tuple[Role, ...] = Field(min_length=2, max_length=3)
    clause: Clause
    granted_conditions: Clause | None = None


class LastInstance(Part):
    """The last instance (最后一级).

    ``adjudication``: the bureau itself decides. ``final_instance``: it is referred to a higher organ;
    ``necessity`` says that the bureau must state why (必要时, 重大问题), and that referring is optional.
    """

    step: Literal["adjudication", "final_instance"]
    by: Literal[Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT]
    necessity: bool = False
    clause: Clause


class Coordination(Part):
    """Who coordinates when negotiation fails (协调).

    ``negotiation_first`` is false where the text lets the parties skip it. ``provincial``: the instance that
    takes the place of coordination where a provincial department is involved. ``cross_level``: the body that
    coordinates across levels or regions. ``province_is_another_level``: a dispute with a provincial department
    is such a dispute, because the text is that of a city or a county.
    """

    ADDED_LATER = frozenset({"province_is_another_level"})

    by: Literal[Role.BUREAU]
    negotiation_first: bool
    clause: Clause
    provincial: LastInstance | None = None
    cross_level: Body | None = None
    province_is_another_level: bool = False


class Start(Part):
    """The first day of a text that names none itself, with the reason."""

    day: date
    why: Name


class Earlier(Part):
    """A text in force before this one (旧法), which still governs what began under it.

    Only its ``limits`` and ``extension`` (of the catalogue's update) are still needed.
    """

    id: str
    first_day: date
    limits: tuple[Limit, ...] = ()
    extension: CatalogueExtension | None = None

    def limit(self, clock: ClockId, sharing_class: SharingClass | None) -> Limit | None:
        """The limit for a clock; None if it had none."""
        return limit_among(self.limits, clock, sharing_class)


def limit_among(limits: Iterable[Limit], clock: ClockId, sharing_class: SharingClass | None) -> Limit | None:
    """The limit for a clock: that of the sharing class, otherwise the general one; None if there is none."""
    fitting = [x for x in limits if x.clock == clock and x.sharing_class in (sharing_class, None)]
    return min(fitting, key=lambda x: x.sharing_class is None, default=None)


class Statute(Part):
    """One regulation, complete (法规), or a local one as it applies under those above it.

    ``regulations`` are those above it, by id, whose clauses stand in it. ``earlier`` are the texts that it took the
    place of, the oldest first. Read it with :mod:`domain.statutes.loader`.
    """

    ADDED_LATER = frozenset(
        {
            "further_sources",
            "answer_consent",
            "regulations",
            "denial",
            "taken_from",
            "earlier",
        }
    )

    id: str = Field(pattern=r"^[a-z]+(-[a-z0-9]+)+(\+[a-z0-9]+)?$", max_length=60)
    title: Name
    document: str | None = None
    jurisdiction: Name
    status: Literal["in_force", "draft", "historical"]
    issued_on: date | None = None
    in_force_from: date | None = None
    taken_from: Start | None = None
    source: str = Field(description="name of the source text that the quotes are checked against")
    further_sources: tuple[str, ...] = Field(default=(), description="further files with articles of the same text")
    regulations: dict[str, Regulation] = Field(default_factory=dict)
    earlier: tuple[Earlier, ...] = ()

    bodies: dict[Role, Body]
    classes: dict[SharingClass, ClassRule]
    filing: Filing
    routes: tuple[Route, ...] = Field(min_length=3)
    limits: tuple[Limit, ...] = Field(min_length=1)
    decline: Decline | None = None
    refusal: Refusal
    platform_refusal: Refusal | None = None
    denial: Refusal | None = None
    answer_consent: Clause | None = Field(default=None, description="who must consent before the provider answers")
    supplement: SupplementRules
    extension: Extension | None = None
    negotiation: Negotiation
    coordination: Coordination | None = None
    last: LastInstance | None = None

    demand: Section[DemandRules] = None
    access: Section[AccessRules] = None
    correction: Section[CorrectionRules] = None
    rectification: Section[RectificationRules] = None
    withdrawal: Section[WithdrawalRules] = None
    catalogue: Section[CatalogueRules] = None
    duties: Section[tuple[Duty, ...]] = None

    @classmethod
    def section_of_kind(cls, kind: object) -> str:
        """The name of the section that is of a kind. Raises LookupError where none is, or several are."""
        found = [name for name in cls.SECTIONS if kind in get_args(cls.model_fields[name].annotation)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} sections of a statute are of the kind {kind}, not one")
        return found[0]

    def section(self, name: str) -> Any:
        """A section by its name; None where the text does not have it. Raises LookupError for what is no section."""
        if name not in self.SECTIONS:
            raise LookupError(f"{name} is no section of a statute")
        return getattr(self, name)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of all files with its text."""
        return self.source, *self.further_sources

    def limit(self, clock: ClockId, sharing_class: SharingClass | None) -> Limit | None:
        """The limit for a clock: that of the sharing class, otherwise the general one; None if there is none."""
        return limit_among(self.limits, clock, sharing_class)

    @property
    def first_day(self) -> date | None:
        """The first day on which anything can be filed under it; None for a text that says nothing of any day."""
        return self.in_force_from or (self.taken_from.day if self.taken_from else self.issued_on)

    def text_on(self, day: date) -> "Statute | Earlier | None":
        """The text that rules what begins on a day: this one, or the one before it; None before there was any."""
        if self.first_day is None or self.first_day <= day:
            return self
        return max((x for x in self.earlier if x.first_day <= day), key=lambda x: x.first_day, default=None)

    def route(self, sharing_class: SharingClass, authorization: Authorization | None) -> Route:
        """The route of a filing. Raises LookupError where the text has none (the loader forbids that)."""
        fitting = [x for x in self.routes if x.sharing_class == sharing_class]
        wanted = [x for x in fitting if x.authorization in (authorization, None)]
        if not wanted:
            raise LookupError(f"{self.id} has no route for {sharing_class}, {authorization}")
        return wanted[0]

    def default_authorization(self, sharing_class: SharingClass) -> Authorization | None:
        """Who authorises when the resource does not say: the first route of the class."""
        return next(x.authorization for x in self.routes if x.sharing_class == sharing_class)
