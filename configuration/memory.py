"""When a process looks for garbage: seldom, and not among what it has loaded, which stays to its end.

This file imports nothing else, so that it can be called before all that a process loads.
"""

import gc

YOUNG, MIDDLE, OLD = 20_000, 20, 20
"""After how many new objects the youngest are looked through, and after how many such rounds the older ones are."""


def collect_seldom() -> None:
    """Look for garbage more seldom than Python does by itself, for a program that does one thing and ends: a quarter of
    its start would go into that.
    """
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def load_undisturbed() -> None:
    """Collect no garbage while a process loads what it stands on: that stays, and looking through it takes a tenth of
    the time. To be called first of all; :func:`settle_memory` collects again.
    """
    gc.disable()


def settle_memory() -> None:
    """Take what a start has loaded out of garbage collection, and collect more seldom from now on.

    Modules, the law and its models stay to the end: looking through them again and again finds nothing. To be called
    once, when all is loaded and before the work begins.
    """
    gc.collect()
    gc.freeze()
    collect_seldom()
    gc.enable()
