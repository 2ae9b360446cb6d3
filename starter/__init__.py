"""What all doors share to start and drive cases. ``starter`` also exports the names of ``shareflow``."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shareflow import *  # noqa: F403 - the same names


def __getattr__(name: str) -> Any:
    """Loaded late: the command line, which imports parts of this package, must start at once."""
    import shareflow

    if name not in shareflow.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(shareflow, name)
    return found


def __dir__() -> list[str]:
    import shareflow

    return sorted({*globals(), *shareflow.__all__})
