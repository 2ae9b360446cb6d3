"""Articles, paragraphs and items of a text, as people cite them."""

import re
from typing import Final

from domain.messages import Language, label

_PART: Final = re.compile(r"(?P<article>\d+)(?:¶(?P<paragraph>\d+))?(?:\((?P<item>\w+)\))?")
"""As texts here write it: 28, 19¶3 for a paragraph, 11(二) for an item."""


def article_text(part: str, language: Language) -> str:
    """第19条第3款, art. 19 para. 3; what is written in another way stays as it is, as the number of an article."""
    found = _PART.fullmatch(part)
    named = found.groupdict() if found else {"article": part}
    return "".join(label("cited", word, language).format(number=said) for word, said in named.items() if said)
