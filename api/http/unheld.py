"""Characters that no database holds: where one stands in what is asked for, there is nothing to be found."""

import re
from collections.abc import Iterable
from typing import Final

_UNHELD: Final = re.compile("[\x00\ud800-\udfff]")


def unheld(texts: Iterable[str]) -> bool:
    """Whether a NUL or half a character stands in any of them."""
    return any(_UNHELD.search(text) for text in texts)
