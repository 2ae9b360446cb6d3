"""The documents on permissions say what the rules say, and leave nothing unexplained."""

import pytest

from domain.messages import Language
from tests.api.description import description
from tests.endpoint_roles import ENDPOINTS
from tests.permission_matrix import DOCUMENTS, document, verdicts
from tests.permission_words import CONDITIONS


@pytest.mark.parametrize("language", DOCUMENTS)
def test_the_document_is_what_the_rules_say(language: Language) -> None:
    written = DOCUMENTS[language].read_text(encoding="utf-8")
    assert written == document(language), "run: python -m tests.permission_matrix"


def test_every_condition_is_told_and_none_is_left_over() -> None:
    conditional = {(name, stage) for (stage, name, _), said in verdicts().items() if "sometimes" in said.values()}
    assert set(CONDITIONS) == conditional


def test_both_languages_have_the_same_marks() -> None:
    marks = {language: [x for x in document(language) if x in "●○"] for language in DOCUMENTS}
    # The two signs are explained in the head of each.
    assert marks["en"] == marks["zh"]
    assert len(marks["en"]) > 100


def test_every_endpoint_has_its_roles() -> None:
    described = {f"{method.upper()} {path}" for path, item in description()["paths"].items() for method in item}
    assert set(ENDPOINTS) == described
