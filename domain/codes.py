"""Codes of departments: compared without regard to case, with the check character of GB 32100-2015.

A 统一社会信用代码 has 18 characters: who registered it, what kind of body it is, six digits of the place, nine of the
body itself, and a check character. Other codes (``nantong:bureau``, a local number) have no checkable form.
"""

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The characters of GB 32100-2015 in the order of their values: no I, O, S, V, Z."""

LENGTH = 18
WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))


def code_key(code: str) -> str:
    """A code normalised for comparison: codes that differ only in case have the same key."""
    return code.upper()


def same_code(one: str | None, other: str | None) -> bool:
    """Whether both codes are given and name the same department."""
    return one is not None and other is not None and code_key(one) == code_key(other)


def check_character(body: str) -> str:
    """The 18th character of a 统一社会信用代码, computed from its first 17. Raises ValueError for any other text."""
    if len(body) != LENGTH - 1:
        raise ValueError(f"A check character is worked out from {LENGTH - 1} characters, not from {len(body)}.")
    total = sum(weight * ALPHABET.index(character) for weight, character in zip(WEIGHTS, code_key(body), strict=True))
    return ALPHABET[-total % 31]


def is_mistyped(code: str) -> bool:
    """Whether a code has the form of a 统一社会信用代码 but a wrong check character; other codes are never mistyped."""
    key = code_key(code)
    formed = len(key) == LENGTH and all(character in ALPHABET for character in key)
    return formed and check_character(key[:-1]) != key[-1]
