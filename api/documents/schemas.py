"""What the API says of a case's papers."""

from datetime import datetime

from api.http.schemas import Out


class DocumentOut(Out):
    """A paper of a case (文书). `seq` is the record it rests on; null for the form, which shows supplements too."""

    name: str
    title: str
    kind: str
    seq: int | None
    article: str | None
    at: datetime
    href: str


class DocumentList(Out):
    """The papers of a case in the order in which they came about."""

    items: list[DocumentOut]
