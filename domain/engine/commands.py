"""Commands as messages (办理动作), and the fields shared by commands of several procedures; unknown ones are refused.

Fields of commands of a single procedure are declared with its rules. A field whose absence has its own refusal code (a
reason, a legal basis …) is optional here and checked by the rule, so that the refusal cites the article instead of
reporting malformed input.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from domain.access import EVERYWHERE
from domain.clocks import ClockId
from domain.engine.filed import Filed
from domain.engine.records import Actor
from domain.field_types import SAYING, Day, ItemCount, SealedKey, ShortText, Text, Truth, WorkingDays
from domain.model import Fixed
from domain.naming import fingerprint
from domain.validation_messages import first_problem, key_path
from domain.words import CommandName, ServiceMode, Urgency


class Terms(Filed):
    """Under what terms data is shared (共享条件): scope, mode, conditions, last day of use.

    Terms written as one text are conditions.
    """

    scope: Text | None = None
    mode: ShortText | None = None
    conditions: Text | Annotated[tuple[Text, ...], Field(max_length=50), SAYING] | None = None
    expires_on: Day | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_text(cls, value: Any) -> Any:
        return {"conditions": value} if isinstance(value, str) else value

    def said(self) -> dict[str, Any]:
        """The terms as JSON values, without those left out."""
        return {name: value for name, value in self.model_dump(mode="json").items() if value}


class Nothing(Filed):
    """A command without fields."""


class Reasoned(Filed):
    """A command that gives a reason (理由)."""

    reason: Text | None = None


class Refusing(Reasoned):
    """A refusal or a denial: the reason (理由) and, where the text asks for one, the legal basis (依据).

    ``office_head_consent``: the head of the provider's office for sharing has consented to the answer.
    """

    legal_basis: Text | None = None
    office_head_consent: Truth = False


class ChangedFields(Filed):
    """The fields of an application that a supplement may change."""

    purpose: Text | None = None
    scope: Text | None = None
    item_count: ItemCount | None = None
    legal_basis: Text | None = None
    service_mode: ServiceMode | None = None
    use_until: Day | None = None
    justification: Text | None = None
    office_head_consent: Truth | None = None


class RequestExtension(Reasoned):
    """How many working days more the provider asks for."""

    working_days: WorkingDays


class ConcludeCoordination(Reasoned):
    """How the coordination ended, with the terms or the reason."""

    result: Literal["agreed", "not_agreed"]
    terms: Terms | None = None


class ReferFinal(Reasoned):
    """Why the last instance must speak (必要时)."""

    necessity: Text | None = None


class Decide(Refusing):
    """The last instance's decision; ``return`` sends it back to coordination.

    A denial gives its legal basis where the text asks whoever refuses for one.
    """

    decision: Literal["grant", "deny", "return"]
    terms: Terms | None = None


class Urge(Reasoned):
    """How strongly the bureau urges (督办)."""

    level: Urgency = Urgency.NOTICE


class OrderRectification(Reasoned):
    """Within how many working days what caused a breach must be put right (责令整改).

    ``clock``: which missed limit is meant, where there are several; the latest otherwise.
    """

    working_days: WorkingDays | None = None
    clock: ClockId | None = None


class InvalidFields(ValueError):
    """A field of a command is invalid: one sentence that names it."""


def invalid(name: CommandName, error: ValidationError) -> InvalidFields:
    """The first problem of a command's fields, as one sentence."""
    path, reason = first_problem(error)
    return InvalidFields(f"{name}: {key_path(path)} {reason}.")


class Command(Fixed):
    """One command on its way from a door to the case.

    ``key``: the caller's idempotency key; the same key is the same command, however often it is sent.
    ``received_at``: the instant at which the door received it, by which lateness is judged.
    ``places``: the actor's jurisdiction (everywhere for doors on the machine itself).
    ``if_head``: refuse the command unless this is the number of the last event.
    ``by_case``: the case that gives it, if one case tells another.
    ``asked``: distinguishes calls of a door with the same key. No door takes ``by_case`` or ``asked`` from a caller.
    """

    name: CommandName
    actor: Actor
    fields: Mapping[str, Any] = Field(default_factory=dict)
    key: Annotated[SealedKey, Field(min_length=1)]
    received_at: datetime | None = None
    places: frozenset[str] = frozenset({EVERYWHERE})
    if_head: int | None = None
    by_case: str | None = None
    asked: str | None = None

    def said(self, says: type[Filed]) -> Filed:
        """The fields, validated as the model ``says``. Raises InvalidFields for an invalid field."""
        try:
            return says.model_validate(dict(self.fields))
        except ValidationError as error:
            raise invalid(self.name, error) from None

    @property
    def fingerprint(self) -> str:
        """A short digest of the command, its fields and its actor, to tell one payload from another.

        The person is left out: the digest is in the record, and whoever knows the rest could try out names.
        """
        actor = self.actor.model_dump(mode="json", exclude={"person"})
        said = {"name": self.name, "actor": actor, "fields": dict(self.fields)}
        return fingerprint(said)[:16]
