"""A sixth local text is data: two files, no line of Python; done here on a copy, with a case filed and played under it.

The steps are those of docs/howto/add-a-regulation.md. The text is one that nobody issued: Zhejiang's, renamed, with a
limit of its own.
"""

import json
import re
from pathlib import Path

import pytest

from tests.house.code import ROOT
from tests.house.copies import Copy, copy_of_the_product

STATUTE = "domain/statutes/data/{}.yaml"
TABLE = "domain/statutes/data/coverage/{}.yaml"
OVERLAY = "domain/statutes/data/overlays/{}.yaml"
QUOTED = "应在5个工作日内完成审核", "应在3个工作日内完成审核"
SCENARIO = ROOT / "tests/scenarios/zhejiang-2014/answer-last-second.yaml"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The product with the sixth text, and with that text under the national regulation."""
    copy = copy_of_the_product(tmp_path_factory.mktemp("sixth"))
    text = copy.read(STATUTE.format("zhejiang-2014")).replace("id: zhejiang-2014", "id: wenzhou-2024")
    text = text.replace("{zh: 浙江省, en: Zhejiang}", "{zh: 温州市, en: Wenzhou}")
    shorter, times = re.subn(r"(- clock: provider_answer\n    amount: )5\b", r"\g<1>3", text)
    assert times == 1
    copy.write(STATUTE.format("wenzhou-2024"), shorter.replace(*QUOTED))
    table = copy.read(TABLE.format("zhejiang-2014")).replace("statute: zhejiang-2014", "statute: wenzhou-2024")
    copy.write(TABLE.format("wenzhou-2024"), table.replace("zhejiang-2014+809:", "wenzhou-2024+809:").replace(*QUOTED))
    overlay = copy.read(OVERLAY.format("zhejiang-2014+809"))
    copy.write(OVERLAY.format("wenzhou-2024+809"), overlay.replace("zhejiang-2014", "wenzhou-2024"))
    return copy


def test_no_python_is_touched(copy: Copy) -> None:
    assert len(copy.touched) == 3
    assert copy.python_files == []


def test_it_is_checked_and_listed_like_all_others(copy: Copy) -> None:
    checked = copy.shareflow("statute", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    listed = copy.shareflow("statute", "list").stdout
    assert "wenzhou-2024" in listed
    assert "wenzhou-2024+809" in listed
    shown = json.loads(copy.shareflow("statute", "coverage", "wenzhou-2024", "--article", "26", "--json").stdout)
    assert shown["complete"] is True


@pytest.mark.long
def test_a_case_is_played_under_it(copy: Copy) -> None:
    scenario = SCENARIO.read_text(encoding="utf-8")
    for was, becomes in [
        ("statute: zhejiang-2014", "statute: wenzhou-2024"),
        ("2019-01-31T09:00:00+08:00", "2026-09-18T09:00:00+08:00"),
        ("2019-02-12T23:59:59+08:00", "2026-09-22T23:59:59+08:00"),
        ("due_date: 2019-02-12", "due_date: 2026-09-22"),
        ("due_at: 2019-02-13T00", "due_at: 2026-09-23T00"),
        ("amount: 5", "amount: 3"),
    ]:
        assert scenario.count(was) == 1, was
        scenario = scenario.replace(was, becomes)
    said = copy.play(scenario)
    assert (said["statute"], said["outcome"]) == ("wenzhou-2024", "granted")


def test_a_file_that_contradicts_itself_is_refused_with_its_line(copy: Copy) -> None:
    broken = copy.folder / "wenzhou-2025.yaml"
    text = copy.read(STATUTE.format("wenzhou-2024")).replace("id: wenzhou-2024", "id: wenzhou-2025")
    broken.write_text(text.replace("amount: 3", "amount: three"), encoding="utf-8")
    checked = copy.shareflow("statute", "check", broken)
    assert checked.returncode != 0
    assert re.search(r"wenzhou-2025\.yaml, line \d+: limits", checked.stderr)
    assert "Traceback" not in checked.stderr


def test_the_how_to_names_the_files_that_were_written(copy: Copy) -> None:
    said = (ROOT / "docs/howto/add-a-regulation.md").read_text(encoding="utf-8")
    for folder in {str(Path(name).parent) for name in copy.touched}:
        assert f"`{folder}/" in said
