"""Who people are in the demonstration: the same name each time for whoever is of a department, or of an organ."""

import hashlib
from typing import Final

PEOPLE: Final = (
    "王敏",
    "李建国",
    "张丽华",
    "陈志强",
    "刘芳",
    "杨帆",
    "赵晓东",
    "周静",
    "吴海燕",
    "徐明",
    "孙磊",
    "朱红",
    "马超",
)
"""Names that people have there."""


def officer_of(where: str) -> str:
    """The sign-in name of whoever signs in as ``where``, what a department or an organ is called."""
    number = int.from_bytes(hashlib.sha256(where.encode()).digest()[:4])
    return f"{PEOPLE[number % len(PEOPLE)]}@{where}"
