"""Reasons for being stuck, and points to reset to, in words; text that is not ours stays as it is."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from domain.messages import Language, label, words
from domain.messages.days import day_text

_KINDS: Final = ("stuck_reason", "stuck_kind", "stuck_why", "clock", "refusal")
"""The kinds of the catalogue in which a code of a reason is looked up; the first that has it counts."""
_OF_DELIVERIES: Final = ("webhook_error", "webhook_reason")
_BEFORE: Final = "before"
_WAITING: Final = re.compile(r"(\d+) [a-z]+ wait", re.ASCII)
"""The error of a queue or a version without a worker."""
_CAUSED_BY: Final = "caused by: "
_DUE: Final = re.compile(r"(\w+) due (\d{4}-\d{2}-\d{2})", re.ASCII)
"""The reason of a limit that people have let pass."""


def told_of_reason(reason: str, language: Language) -> str:
    """A reason or a cause in words: its leading codes, separated by colons, are translated, the rest stays."""
    late = _DUE.fullmatch(reason)
    if late and (limit := _word(late[1], language)):
        day = day_text(date.fromisoformat(late[2]), language)
        return label("stuck_reason", "due", language).format(limit=limit, day=day)
    known = _leading_words(reason, language)
    left = ":".join(reason.split(":")[len(known) :]).strip()
    return label("stuck_reason", "between", language).join([*known, left] if left else known)


def told_of_error(error: str, language: Language) -> str | None:
    """The known parts of an error, in words; None if no part is known.

    ``error`` begins with codes separated by colons; the error of a webhook has them after its address. Causes follow on
    lines of their own.
    """
    if waiting := _WAITING.fullmatch(error):
        return label("stuck_reason", "cases_wait", language).format(number=waiting[1])
    lines = error.partition("\n\n")[0].splitlines() or [""]
    first, *rest = lines[0].split(" ")
    if "://" in first:
        known = [word for each in rest if (word := _word(each, language, _OF_DELIVERIES))]
    else:
        known = [word for line in lines for word in _leading_words(line.removeprefix(_CAUSED_BY), language)]
    return label("stuck_reason", "between", language).join(dict.fromkeys(known)) or None


def told_of_subject(subject: str, language: Language) -> str:
    """What is stuck, where it is no case, by its kind and its name there (``webhook:wh_1``); a case by its id."""
    kind, _, name = subject.partition(":")
    known = words("stuck_subject").get(kind) if name else None
    return known[language].format(id=name) if known else subject


def told_of_point(point: str, language: Language) -> str:
    """A point that something may be reset to (``first``, ``before:grant``, ``last``), in words."""
    name, _, command = point.partition(":")
    if name != _BEFORE:
        return label("stuck_point", name, language)
    known = words("command").get(command)
    return label("stuck_point", _BEFORE, language).format(command=known[language] if known else command)


def _leading_words(codes: str, language: Language) -> list[str]:
    """The words of the codes between colons, up to the first unknown one."""
    known: list[str] = []
    for code in codes.split(":"):
        word = _word(code.strip(), language)
        if not word:
            break
        known.append(word)
    return known


def _word(code: str, language: Language, kinds: Sequence[str] = _KINDS) -> str | None:
    found = (words(kind)[code][language] for kind in kinds if code in words(kind))
    # A sentence with placeholders cannot be used: there is nothing to fill them with.
    return next((each for each in found if "{" not in each), None)
