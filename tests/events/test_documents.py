"""The examples in the documents are events that are really taken in."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.events_in.kinds import BY_TYPE
from api.events_in.reading import STRUCTURED
from tests.events.senders import PREFIX, Senders

DOCUMENTS = ("docs/events.md", "docs/events.zh-CN.md")


def examples(document: str) -> list[dict[str, Any]]:
    blocks = re.findall(r"```json\n(.*?)```", Path(document).read_text(encoding="utf-8"), re.DOTALL)
    found = [json.loads(block) for block in blocks]
    return [each for each in found if each["type"].startswith(PREFIX)]


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_every_kind_has_an_example_that_is_taken(senders: Senders, document: str) -> None:
    shown = examples(document)
    assert {each["type"] for each in shown} == set(BY_TYPE)
    answers = [await senders.raw("platform", json.dumps(each), **{"Content-Type": STRUCTURED}) for each in shown]
    statuses = {each["id"]: answer.status_code for each, answer in zip(shown, answers, strict=True)}
    # The case of the examples on access exists in the document alone; its events are read all the same.
    assert statuses.pop("open-5521") == statuses.pop("use-20260923") == 404
    assert all(status in (200, 201) for status in statuses.values()), statuses
