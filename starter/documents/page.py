"""HTML of papers: templates, the one style sheet within each page, and the policy that a browser is given."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from domain.messages import Language, words

TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}


@cache
def _style() -> str:
    return files("starter.documents").joinpath("templates/paper.css").read_text(encoding="utf-8")


@cache
def content_security_policy() -> str:
    """The content security policy of a page: only its own style sheet, by digest; nothing else is loaded or run."""
    digest = base64.b64encode(hashlib.sha256(_style().encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("starter.documents", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def html(template: str, language: Language, context: Mapping[str, Any]) -> str:
    """A page. ``t`` are the fixed words of papers in the reader's language."""
    fixed = {word: texts[language] for word, texts in words("paper").items()}
    page = _templates().get_template(template)
    # The style sheet is ours and is inserted unescaped, so that its digest matches the policy.
    return page.render(**context, t=fixed, tag=TAGS[language], style=Markup(_style()))
