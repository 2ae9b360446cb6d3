"""What is said with the commands of a share request alone (办理动作): one model a command, unknown fields refused.

A field whose absence has a refusal code of its own (a reason, a justification …) is optional here and
checked by the rule, so that its absence is answered with the article and not as malformed input.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, model_validator

from domain.engine.commands import ChangedFields, Reasoned, Refusing, Terms
from domain.engine.filed import Document, Filed
from domain.field_types import SAYING, VISIBLE_PATTERN, Day, ShortText, Text, Truth
from domain.validation_messages import own_reason


class Granting(Filed):
    """A grant, with its terms under ``terms`` or side by side.

    ``office_head_consent``: the head of the provider's office for sharing has consented to the answer.
    """

    terms: Terms | None = None
    scope: Text | None = None
    mode: ShortText | None = None
    conditions: Text | Annotated[tuple[Text, ...], Field(max_length=50), SAYING] | None = None
    expires_on: Day | None = None
    office_head_consent: Truth = False

    def said(self) -> dict[str, Any]:
        """The terms, wherever they were written."""
        beside = Terms.model_validate(self.model_dump(exclude={"terms", "office_head_consent"})).said()
        return {**beside, **(self.terms.said() if self.terms else {})}


class ReturnForSupplement(Reasoned):
    """What is missing, told once and completely (一次性告知)."""

    missing: Annotated[tuple[Text, ...], Field(max_length=50), SAYING] | None = None


class Supplement(ChangedFields):
    """Papers added and fields changed (补正), the latter side by side or under ``changed_fields``."""

    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()
    changed_fields: ChangedFields | None = Field(
        default=None, validation_alias=AliasChoices("changed_fields", "changed", "fields", "changes")
    )

    def changed(self) -> dict[str, Any]:
        """The fields changed, wherever they were written."""
        beside = self.model_dump(mode="json", exclude={"documents", "changed_fields"}, exclude_none=True)
        inside = self.changed_fields.model_dump(mode="json", exclude_none=True) if self.changed_fields else {}
        return {**beside, **inside}


class OpenNegotiation(Filed):
    """Why the data is needed all the same (因履行职责确需使用)."""

    justification: Text | None = None


def _says(name: str) -> dict[str, Any]:
    """Published of terms: one of them says something, a text or several of which one does."""
    texts = {"type": "array", "contains": {"type": "string", "pattern": VISIBLE_PATTERN}}
    said = {"anyOf": [{"type": "string", "pattern": VISIBLE_PATTERN}, texts]}
    return {"required": [name], "properties": {name: said}}


class Propose(Filed):
    """Terms on the table."""

    terms: Annotated[Terms, Field(json_schema_extra={"anyOf": [_says(name) for name in Terms.model_fields]})]

    @model_validator(mode="after")
    def _say_something(self) -> Self:
        if not self.terms.said():
            raise own_reason("terms_say_nothing")
        return self


class Adjudicate(Refusing):
    """The bureau's own decision (评判); a denial with its legal basis where the text asks whoever refuses for one."""

    decision: Literal["grant", "deny"]
    terms: Terms | None = None


class Deliver(Filed):
    """How the data was handed over."""

    mode: Annotated[ShortText, Field(min_length=1)]
