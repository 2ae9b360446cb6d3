"""What the API says of papers that come as files."""

from api.http.schemas import Out


class AttachmentOut(Out):
    """A content that is kept (附件). `size` is in bytes; name its `sha256` in a request's documents."""

    sha256: str
    sm3: str
    size: int
    media_type: str
    name: str
