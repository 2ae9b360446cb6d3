"""What the API takes to play scenarios, and says of them: what ``shareflow simulate --json`` prints."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, RootModel, StringConstraints

from api.http.schemas import Out

LONGEST = 50_000
MOST = 2
ScenarioText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]


class SimulationIn(BaseModel):
    """Scenarios in the form of scenario files (YAML), such as a case as it was and as it might have been."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenarios: Annotated[tuple[ScenarioText, ...], Field(min_length=1, max_length=MOST)]


class RefusedStepOut(Out):
    """A step that was refused: which (0 is the filing), with what code, article, and regulation of that article."""

    step: int
    do: str
    code: str
    article: str | None
    statute: str | None
    details: dict[str, Any] = Field(default={}, description="What the sentence of the refusal names, by its code.")


class PlayedWorkflowOut(Out):
    """The workflow in which it was played; it is gone."""

    id: str | None
    run_id: str | None
    history_length: int


class UnexpectedOut(Out):
    """Where a play differs from what its scenario expects: what it is about, an open vocabulary, and the sentence."""

    about: str
    told: str


class SimulatedOut(Out):
    """What came of a scenario. Vocabularies are open, as everywhere."""

    name: str
    procedure: str
    statute: str
    request_id: str | None
    stage: str | None
    outcome: str | None
    refused: str | None = Field(description="The code with which the filing was refused.")
    clocks: list[dict[str, Any]]
    events: list[dict[str, Any]]
    opened: list[dict[str, str]]
    refused_steps: list[RefusedStepOut]
    mismatches: list[str] = Field(description="Where it differs from what the scenario expects, in English.")
    differences: list[UnexpectedOut] = Field(default=[], description="The same in the caller's language.")
    workflow: PlayedWorkflowOut


class SimulationList(RootModel[list[SimulatedOut]]):
    """What came of each scenario, in their order."""
