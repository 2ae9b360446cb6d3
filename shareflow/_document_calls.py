"""Calls about papers: those that are brought, and those that a case gives rise to."""

from pathlib import Path
from urllib.parse import quote

from shareflow._call import Call, items_reader, path, reader
from shareflow._models import Attachment, Paper


def upload(content: Path | bytes, name: str | None) -> Call[Attachment]:
    """Bring a paper; the same paper again changes nothing. Raises OSError for a path that cannot be read."""
    named = name or (content.name if isinstance(content, Path) else None)
    body = content.read_bytes() if isinstance(content, Path) else content
    # What it is, the server tells from its content: a guess by its name could only contradict that.
    headers = {"Content-Type": "application/octet-stream"}
    if named is not None:
        headers["X-Filename"] = quote(named)
    return Call("POST", path("attachments"), reader(Attachment), headers=headers, body=body)


def download(sha256: str) -> Call[bytes]:
    """A paper that was brought."""
    return Call("GET", path("attachments", sha256), lambda response: response.content, headers={"Accept": "*/*"})


def documents(request_id: str) -> Call[list[Paper]]:
    """The form and the notices of a case."""
    return Call("GET", path("requests", request_id, "documents"), items_reader(Paper))


def document(request_id: str, name: str) -> Call[str]:
    """One of them."""
    page = path("requests", request_id, "documents", name)
    return Call("GET", page, lambda response: response.text, headers={"Accept": "text/html"})
