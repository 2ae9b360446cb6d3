"""What is wrong with an edition of the calendar, in the reader's language.

``domain.calendar`` stands alone and speaks English; each of its sentences has its place in the catalogue.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from domain.messages import Language, words


def edition_complaint(sentence: str, language: Language) -> str:
    """A sentence of the calendar in the reader's language; any other as it is."""
    for pattern, texts in _known() if language != "en" else ():
        if found := pattern.fullmatch(sentence):
            return texts[language].format(**found.groupdict())
    return sentence


@cache
def _known() -> Sequence[tuple[re.Pattern[str], Mapping[str, str]]]:
    """How each sentence is recognized: what stands in its places may be anything."""
    return [
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(texts["en"])), re.DOTALL), texts)
        for texts in words("edition_complaint").values()
    ]
