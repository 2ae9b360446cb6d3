"""What a request is filed with: under which text, and the application."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from domain.access import place_of
from domain.engine.filed import Filed
from domain.field_types import Given, Published
from domain.validation_messages import own_reason
from procedures.share_request.application import Application

InForce = Annotated[Given, Published(r"^[A-Za-z0-9._:/+-]+$")]
"""A statute's id, or a place. Any text can be said, and what is neither is refused as unknown, with what is known."""


class FilingIn(Filed):
    """A request to be filed: under which text, and the application, under `request` or side by side.

    Without `statute` it is the text in force in the jurisdiction on the day of filing; without `jurisdiction` too, the
    one place of the caller's token.
    """

    # FastAPI builds the check of a body with warnings off; put off, it would be built with them on.
    model_config = ConfigDict(defer_build=False)

    statute: InForce | None = Field(
        default=None,
        description="A statute's id. Left out: the text in force in the jurisdiction on the day of filing.",
    )
    jurisdiction: InForce | None = Field(
        default=None,
        description="A place, such as `nantong`. Left out: the place of the statute, or the one in the caller's token.",
    )
    request: Application

    @model_validator(mode="before")
    @classmethod
    def _side_by_side(cls, value: Any) -> Any:
        if not isinstance(value, Mapping) or "request" in value:
            return value
        about = {name: value[name] for name in ("statute", "jurisdiction") if name in value}
        if about or any(name in value for name in Application.model_fields):
            return {**about, "request": {name: said for name, said in value.items() if name not in about}}
        return value

    @model_validator(mode="after")
    def _of_one_place(self) -> "FilingIn":
        if self.statute and self.jurisdiction and place_of(self.statute) != self.jurisdiction:
            raise own_reason("another_jurisdiction")
        return self
