"""What a check says: it holds, it does not and why, or it could not be tried."""

from typing import Literal

from domain.model import Fixed

Result = Literal["ok", "FAIL", "skipped"]


class CheckResult(Fixed):
    """One line of a verification: the check, what came of it, what was found, and the article where there is one."""

    check: str
    result: Result
    detail: str
    article: str | None = None


class CheckFailed(Exception):
    """What a check found to be wrong: one sentence for the auditor, and the article that it is about, if any."""

    def __init__(self, detail: str, article: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.article = article
