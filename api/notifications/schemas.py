"""What the HTTP door says and takes of notifications."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.http.schemas import Out
from background.notifying.mail import LONGEST_ADDRESS
from domain.field_types import Published
from domain.messages import Language
from ledger.queries.notifications import NotificationState
from ledger.queries.notified import NotificationChannel, NotificationKind

ADDRESS_PATTERN = r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+$"
CODE_PATTERN = r"^[0-9]{8}$"
Kinds = Annotated[list[NotificationKind], Field(max_length=len(NotificationKind))]


class NotificationChoicesIn(BaseModel):
    """Of what you want to be told, by mail and in the group of your department."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mail: Kinds = Field(default=[], description="By mail, once your address is confirmed.")
    group: Kinds = Field(default=[], description="In the group; what concerns you alone is not told there.")
    language: Language = Field(default="zh", description="Of your mail. Groups are told in Chinese.")


class NotificationChoicesOut(Out):
    """Of what you are told, and where. `asked_address` waits for the code that was sent there."""

    mail: list[NotificationKind]
    group: list[NotificationKind]
    language: Language
    address: str | None
    asked_address: str | None
    mail_set_up: bool
    group_set_up: bool


class MailAddressIn(BaseModel):
    """Where you want mail to go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Annotated[str, StringConstraints(max_length=LONGEST_ADDRESS), Published(ADDRESS_PATTERN)]


class MailCodeIn(BaseModel):
    """The code that was sent there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: Annotated[str, StringConstraints(pattern=CODE_PATTERN)]


class LostNotificationOut(Out):
    """A notification that was not delivered (`failed`), or perhaps not (`unknown`). It is not sent again."""

    id: int
    recipient: str
    channel: NotificationChannel
    kind: NotificationKind
    kind_label: str
    title: str
    state: NotificationState
    state_label: str
    error: str | None
    created_at: datetime
    tries: int


class LostNotificationList(Out):
    """The newest first, 200 at most."""

    items: list[LostNotificationOut]
