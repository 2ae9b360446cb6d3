"""The kinds of events that are understood, and what each must say (接入事件类型)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.cases.filing_schemas import FilingIn
from api.events_in.envelope import KEPT
from domain.cloud_events import platform_type
from domain.engine.filed import Filed
from domain.field_types import Code, Given, Instant
from domain.words import SharingClass

GivenCode = Annotated[Code, StringConstraints(min_length=1)]


class Submitted(FilingIn):
    """需求提交: a department asked for data at the sender's; it says what the body of `POST /v1/requests` says."""


class AccessOpened(Filed):
    """开通: the access that was granted has been opened."""

    request_id: GivenCode
    at: Instant
    mode: Given | None = Field(default=None, description="How the data is accessed.")


class AccessUsed(Filed):
    """使用: the data was used, `count` times since the last such event."""

    request_id: GivenCode
    at: Instant
    count: Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)] = 1
    mode: Given | None = Field(default=None, description="How the data was accessed.")


class Entry(BaseModel):
    """A catalogue entry; whatever else its catalogue keeps of it may stand beside."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        json_schema_extra={name: KEPT[name] for name in ("propertyNames", "additionalProperties")},
    )

    code: GivenCode
    name: Given
    sharing_class: SharingClass


class Change(StrEnum):
    """What became of a catalogue entry."""

    PUBLISHED = "published"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


class CatalogueChanged(Filed):
    """目录变更: a resource was published, changed or withdrawn. Cases filed before keep what they were filed with."""

    resource: Entry
    change: Change
    at: Instant


Said = Submitted | AccessOpened | AccessUsed | CatalogueChanged


class Kind(StrEnum):
    """The words by which incoming events are known; see :func:`domain.cloud_events.platform_type`."""

    REQUEST_SUBMITTED = "request_submitted"
    ACCESS_OPENED = "access_opened"
    ACCESS_USED = "access_used"
    CATALOGUE_CHANGED = "catalogue_changed"


SAYS: Mapping[Kind, type[Said]] = {
    Kind.REQUEST_SUBMITTED: Submitted,
    Kind.ACCESS_OPENED: AccessOpened,
    Kind.ACCESS_USED: AccessUsed,
    Kind.CATALOGUE_CHANGED: CatalogueChanged,
}
"""What each kind must say."""

BY_TYPE: Mapping[str, type[Said]] = {platform_type(kind): says for kind, says in SAYS.items()}
"""What an event must say, by its CloudEvents type."""
