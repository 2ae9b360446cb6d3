"""What a check says: it holds, it does not and why, or it could not be tried."""

from typing import Annotated, Literal

from pydantic import AfterValidator

from domain.field_types import on_one_line
from domain.model import Fixed

Result = Literal["ok", "FAIL", "skipped"]
Line = Annotated[str, AfterValidator(on_one_line)]
"""What is told of a dossier quotes it, and whoever made that may have written anything."""


class CheckResult(Fixed):
    """One line of a verification: the check, what came of it, what was found, and the article where there is one."""

    check: str
    result: Result
    detail: Line
    article: Line | None = None


class CheckFailed(Exception):
    """What a check found to be wrong: one sentence for the auditor, and the article that it is about, if any."""

    def __init__(self, detail: str, article: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.article = article
