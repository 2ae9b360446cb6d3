"""What can be wrong with a statute file, told in one sentence with file, line, key and reason."""

from domain.validation_messages import key_path
from domain.yaml_text import YamlDocument


class StatuteError(ValueError):
    """A statute file is wrong. The message is one sentence with file, line, key and reason."""


class UnknownStatute(LookupError):
    """No statute has this id. The message names those that there are."""


def wrong(document: YamlDocument, where: str, path: tuple[str | int, ...], reason: str) -> StatuteError:
    """The error for what stands at ``path`` of a file."""
    name = " ".join(where.split())
    return StatuteError(f"{name}, line {document.line(path)}: {key_path(path) or 'the file'} {reason}.")
