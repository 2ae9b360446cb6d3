"""Scenario files (场景文件): a case to play, step by step, and the expected outcome."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from configuration.files import read_text
from domain.access import place_of
from domain.calendar import day_of, end_of
from domain.calendar.horizon import HORIZON
from domain.clocks import ClockId
from domain.engine.filed import Filed
from domain.field_types import CallerKey, Code, Day, Instant, ShortText, Truth, WholeNumber
from domain.messages import Language, label
from domain.refusal_codes import RefusalCode
from domain.statutes.in_force import NothingInForce, statute_in_force
from domain.validation_messages import first_problem
from domain.words import Basis, ClockState, CommandName, EventType, Outcome, ProcedureName, Role, Stage, Unit
from domain.yaml_text import YamlDocument, YamlTextError, read_yaml
from procedures.registry import DEFAULT, PROCEDURES
from starter.case_files import kind_for
from starter.scenario_complaints import ScenarioComplaints

LONGEST_FILE = 1_000_000
FIRST = end_of(HORIZON.first - timedelta(days=1))
LAST = end_of(HORIZON.furthest)
"""Bounds of what can be played: from the first instant (inclusive) to the second (exclusive)."""


class ScenarioPart(BaseModel):
    """A part of a scenario; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _empty_group(value: Any) -> Any:
    """A key without a value counts as an empty group."""
    return {} if value is None else value


def _empty_list(value: Any) -> Any:
    """A key without a value counts as an empty list."""
    return () if value is None else value


def _one_or_several(value: Any) -> Any:
    """A single place need not be a list."""
    return (value,) if isinstance(value, str) else value


Place = Literal["*"] | Annotated[Code, StringConstraints(min_length=1)]
"""A place as in tokens, or every place."""


def _usual_calendar(value: Any) -> Any:
    """A calendar without a value is the default one."""
    return "as_published" if value is None else value


class PlayedStep(ScenarioPart):
    """One command, when, by whom; ``refused``: the code with which it must be refused.

    ``places`` (or ``place``): the jurisdiction of the actor (辖区), as in a token; left out, every place.
    """

    at: Instant
    by: Role
    do: CommandName
    with_: Annotated[Mapping[str, Any], BeforeValidator(_empty_group)] = Field(default_factory=dict, alias="with")
    refused: RefusalCode | None = None
    org: ShortText | None = None
    person: ShortText | None = None
    key: CallerKey | None = None
    places: Annotated[
        Annotated[tuple[Place, ...], Field(max_length=50)] | None,
        Field(validation_alias=AliasChoices("places", "place")),
        BeforeValidator(_one_or_several),
    ] = None


class ExpectedClock(ScenarioPart):
    """What a clock of the case must show; keys left out are not checked."""

    id: ClockId | None = None
    basis: Basis | None = None
    article: ShortText | None = None
    quote: ShortText | None = None
    started_at: Instant | None = None
    amount: WholeNumber | None = None
    unit: Unit | None = None
    statute: ShortText | None = None
    due_date: Day | None = None
    due_at: Instant | None = None
    provisional: Truth | None = None
    calendar_edition: ShortText | None = None
    state: ClockState | None = None


class Expectation(ScenarioPart):
    """The expected outcome; keys left out are not checked."""

    stage: Stage | None = None
    outcome: Outcome | None = None
    clocks: Annotated[tuple[ExpectedClock, ...], BeforeValidator(_empty_list)] = ()
    events: Annotated[tuple[EventType, ...], BeforeValidator(_empty_list)] = ()
    refused: RefusalCode | None = None
    opened: Annotated[tuple[ProcedureName, ...], BeforeValidator(_empty_list)] = ()
    """The procedures of the cases that this one opens, in order."""
    findings: Annotated[tuple[ShortText, ...], BeforeValidator(_empty_list)] = ()
    """All findings in its events, in order; an empty list means that there must be none."""


class Scenario(ScenarioPart):
    """A scenario file."""

    name: Annotated[ShortText, StringConstraints(min_length=1)]
    procedure: ProcedureName = DEFAULT.name
    named: Annotated[ShortText, StringConstraints(min_length=1)] | None = Field(default=None, alias="statute")
    jurisdiction: Annotated[ShortText, StringConstraints(min_length=1)] | None = None
    filed_at: Instant
    calendar: Annotated[Literal["as_published", "final"], BeforeValidator(_usual_calendar)] = "as_published"
    request: Filed
    opened_by: Role | None = None
    steps: Annotated[tuple[PlayedStep, ...], Field(max_length=500), BeforeValidator(_empty_list)] = ()
    until: Instant | None = None
    expect: Annotated[Expectation, BeforeValidator(_empty_group)] = Expectation()

    @property
    def statute(self) -> str:
        """The named statute, otherwise the one in force in the jurisdiction on the day of filing.

        If there is none, the name of the jurisdiction: no statute has that name, so the filing is refused.
        """
        if self.named is not None:
            return self.named
        try:
            return statute_in_force(self.jurisdiction or "", day_of(self.filed_at))
        except NothingInForce:
            return self.jurisdiction or ""

    @property
    def ends_at(self) -> datetime:
        """The end of the play: ``until``, or the last step."""
        return self.until or (self.steps[-1].at if self.steps else self.filed_at)


def read_scenario(path: Path) -> Scenario:
    """Read one scenario file. Raises ScenarioError, FileError."""
    return scenario_from(read_text(str(path), LONGEST_FILE), str(path))


def scenario_from(text: str, where: str, language: Language = "en") -> Scenario:
    """A scenario from its text; ``where`` names it in errors. Raises ScenarioError, in the reader's language."""
    complaints = ScenarioComplaints(where, language)
    try:
        document = read_yaml(text, where)
    except YamlTextError as error:
        raise complaints.unreadable(error) from None
    try:
        scenario = kind_for(document.data, Scenario).model_validate(document.data)
    except ValidationError as error:
        raise complaints.about(document, *first_problem(error, language)) from None
    for check in (_check_text, _check_years, _check_order, _check_fields):
        check(document, complaints, scenario)
    return scenario


def _check_text(document: YamlDocument, complaints: ScenarioComplaints, scenario: Scenario) -> None:
    if scenario.named is None and scenario.jurisdiction is None:
        raise complaints.of(document, ("statute",), "no_text")
    if scenario.named and scenario.jurisdiction and place_of(scenario.named) != scenario.jurisdiction:
        raise complaints.of(document, ("jurisdiction",), "another_place", statute=scenario.named)


def _check_years(document: YamlDocument, complaints: ScenarioComplaints, scenario: Scenario) -> None:
    for path, instant in _instants(scenario):
        if not FIRST <= instant < LAST:
            raise complaints.of(document, path, "outside", first=FIRST.year, last=HORIZON.furthest.year)


def _check_order(document: YamlDocument, complaints: ScenarioComplaints, scenario: Scenario) -> None:
    before = scenario.filed_at
    for path, instant in _instants(scenario):
        if instant < before:
            raise complaints.of(document, path, "ends_before" if path == ("until",) else "before")
        before = instant
    if scenario.expect.refused and scenario.steps:
        raise complaints.of(document, ("steps",), "steps_of_refused")


def _instants(scenario: Scenario) -> Iterator[tuple[tuple[str | int, ...], datetime]]:
    """Every instant of the play with its path, in the order in which they must follow one another."""
    yield ("filed_at",), scenario.filed_at
    for number, step in enumerate(scenario.steps):
        yield ("steps", number, "at"), step.at
    if scenario.until is not None:
        yield ("until",), scenario.until


def _check_fields(document: YamlDocument, complaints: ScenarioComplaints, scenario: Scenario) -> None:
    rules = PROCEDURES[scenario.procedure].rules
    for number, step in enumerate(scenario.steps):
        if step.do not in rules:
            if step.refused is None:
                procedure = _procedure_told(scenario.procedure, complaints.language)
                raise complaints.of(document, ("steps", number, "do"), "no_command", do=step.do, procedure=procedure)
            continue
        try:
            rules[step.do].says.model_validate(dict(step.with_))
        except ValidationError as error:
            path, reason = first_problem(error, complaints.language)
            if step.refused and reason == label("input", "missing", complaints.language):
                continue  # a command that is refused in any case need not be complete
            raise complaints.about(document, ("steps", number, "with", *path), reason) from None


def _procedure_told(procedure: ProcedureName, language: Language) -> str:
    """The name of a procedure, as in the file or in Chinese."""
    return procedure.value if language == "en" else label("procedure", procedure, language)
