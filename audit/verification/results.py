"""What a check says: it holds, it does not and why, or it could not be tried."""

from typing import Annotated, Literal

from pydantic import AfterValidator, computed_field

from audit.verification.in_chinese import in_chinese
from domain.field_types import on_one_line
from domain.messages import Language
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

    @computed_field
    def detail_zh(self) -> str:
        """What was found, in Chinese: it is told beside the other fields wherever a result is written down."""
        return self.said("zh")

    def said(self, language: Language) -> str:
        """What was found, in a language."""
        return in_chinese(self.detail) if language == "zh" else self.detail

    def told(self, language: Language) -> str:
        """What was found, in a language, with the article where there is one."""
        if not self.article:
            return self.said(language)
        return f"{self.said(language)}{f'（第{self.article}条）' if language == 'zh' else f' (art. {self.article})'}"


class CheckFailed(Exception):
    """What a check found to be wrong: one sentence for the auditor, and the article that it is about, if any."""

    def __init__(self, detail: str, article: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.article = article
