"""Documents keep their word: the generated glossary is current, links lead somewhere, the example is valid."""

import re
from pathlib import Path

import pytest

from domain.policy import default_policy
from domain.statutes.loader import get_statute
from domain.yaml_text import read_yaml
from procedures.registry import open_case
from procedures.share_request.application import Application
from procedures.share_request.filing import as_requester
from procedures.share_request.process import SHARE_REQUEST
from tests.glossary import glossary

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_the_glossary_is_what_the_catalogue_says() -> None:
    assert (ROOT / "docs/glossary.md").read_text(encoding="utf-8") == glossary(), "run: python -m tests.glossary"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_example_application_can_be_filed() -> None:
    from datetime import datetime

    data = read_yaml((ROOT / "docs/examples/request.yaml").read_text(encoding="utf-8"), "request.yaml").data
    application = Application.model_validate(data["request"])
    at = datetime.fromisoformat("2026-09-18T10:00:00+08:00")
    case = SHARE_REQUEST.new_case("R", get_statute(data["statute"]), default_policy(), application)
    events = open_case(case, as_requester(application), at)
    assert [event.type for event in events] == ["filed", "clock_started"]
