"""What the API says of the law: deadlines, and the statutes at a glance."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.cases.schemas import CaseOut
from api.http.schemas import Out
from domain.words import SharingClass


class DueOut(Out):
    """The last day of a limit, and the instant at which it ends."""

    due_date: date
    due_at: datetime
    provisional: bool
    editions: list[str]


class StatuteBrief(Out):
    """A statute at a glance."""

    id: str
    title: dict[Literal["zh", "en"], str]
    document: str | None
    jurisdiction: dict[Literal["zh", "en"], str]
    status: str
    in_force_from: date | None
    digest: str


class StatuteList(Out):
    """The statutes that requests can be filed under."""

    items: list[StatuteBrief]


class GivesWayOut(Out):
    """The clause of a regulation above that stands in the place of a local one (上位法取代)."""

    statute: str
    article: str
    quote: str


class ClauseLimitOut(Out):
    """A limit that a clause sets, or that runs under it by the operator's policy."""

    clock: str
    label: str
    amount: int
    unit: str
    text: str = Field(description="How long it is, in words.")
    sharing_class: SharingClass | None


class CarrierOut(Out):
    """What carries a clause out: a command and who may give it, an event, a limit, a refusal, a finding, a duty,
    a ground of rectification, or a step after it."""

    kind: str
    kind_label: str
    word: str
    label: str
    procedure: str | None
    procedure_label: str | None
    by: list[str] = Field(description="Of a command: the roles that may give it, in words.")


class CodeOut(Out):
    """The functions that carry out what a row names; of a rule of the text also its entry in the file."""

    what: str
    entry: str | None
    functions: list[str]


class ClauseOut(Out):
    """A clause that rules something: its words, verbatim, and what carries it out, or why no software can."""

    statute: str = Field(description="Whose clause it is: of a text under a regulation above, either of the two.")
    article: str = Field(description="Such as `19¶3` (paragraph) or `28(三)` (item).")
    number: str = Field(description="The article's number alone.")
    category: str
    category_label: str
    actor: str | None
    trigger: str | None
    quote: str
    gives_way_to: list[GivesWayOut]
    statute_limits: list[ClauseLimitOut]
    policy_limits: list[ClauseLimitOut] = Field(description="The operator's own, no law.")
    carried_out_by: list[CarrierOut]
    code: list[CodeOut] | None = Field(description="There where one article is asked for.")
    not_for_software: str | None
    note: str | None
    cases: int = Field(description="How many of the newest cases in your sight under the text cite the article.")


class ClauseList(Out):
    """A text clause by clause. `among`: so many of the newest cases were looked at. `cases` are those that cite the
    article that was asked for, the latest filing first; empty where none was."""

    statute: str
    title: str
    items: list[ClauseOut]
    among: int
    cases: list[CaseOut]


class KnownResourceOut(Out):
    """A resource by the newest case in your sight that names it, with the class that this case goes by."""

    code: str
    name: str
    provider: dict[Literal["code", "name"], str]
    sharing_class: SharingClass | None
    sharing_class_label: str | None
    statute: str
    procedure: str
    request_id: str
    filed_at: datetime


class CatalogueEntryOut(Out):
    """An entry of the catalogue as a department submitted it; `published` once the bureau approved it."""

    code: str | None
    name: str | None
    provider: dict[Literal["code", "name"], str]
    sharing_class: SharingClass | None
    sharing_class_label: str | None
    statute: str
    request_id: str
    submitted_at: datetime
    published: bool


class ResourceList(Out):
    """What is known of the catalogue (目录). A page walks a fixed number of cases: it may name few resources, or none,
    though more follow; `next` is the cursor. `entries` come with the first page: those of the newest changes."""

    items: list[KnownResourceOut]
    entries: list[CatalogueEntryOut]
    next: str | None
