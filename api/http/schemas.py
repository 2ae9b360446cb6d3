"""What every body is that the API answers with, or takes to change something."""

from typing import Any

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Out(BaseModel):
    """Something that is answered. Fields are only ever added."""

    model_config = ConfigDict(frozen=True)


class PatchIn(BaseModel):
    """The body of a PATCH: what is to change; all else stays as it is.

    What stands in a field that was not named is nobody's word. It is not published as a default: clients that are
    generated send defaults, and would set what their users never named.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema without defaults."""
        found = handler(schema)
        for field in handler.resolve_ref_schema(found).get("properties", {}).values():
            field.pop("default", None)
        return found

    def named(self) -> dict[str, Any]:
        """The fields that were named."""
        return {name: getattr(self, name) for name in self.model_fields_set}
