"""The regulations as published (法规原文): not part of the product; ``SHAREFLOW_SOURCES`` names their folder."""

import os
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "SHAREFLOW_SOURCES"


def folder_of_source_texts(environ: Mapping[str, str] = os.environ) -> Path | None:
    """The folder with the source texts, whether it is there or not; None where nobody names one."""
    name = environ.get(VARIABLE)
    return Path(name) if name else None
