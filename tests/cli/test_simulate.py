"""``shareflow simulate``. Few tests start a server; what cannot be used never gets that far."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from domain.words import ProcedureName, Stage
from procedures.registry import PROCEDURES
from starter.scenarios import scenario_from
from tests.cli.conftest import Run
from tests.forms import either

PROGRAM = Path(sys.executable).with_name("shareflow")

GOOD = """\
name: 常熟 有条件 同意
statute: changshu-2019
filed_at: 2026-09-18T10:00:00+08:00
request:
  requester: {code: "113205810141000001", name: 常熟市民政局}
  provider: {code: "113205810141000002", name: 常熟市公安局}
  resource: {code: CS-GA-0001, name: 常住人口基本信息, sharing_class: conditional}
  purpose: 低保资格核验
  scope: 姓名、身份证号码
steps:
  - {at: 2026-09-21T09:00:00+08:00, by: provider, do: refuse, with: {}, refused: reason_required}
  - {at: 2026-09-21T10:00:00+08:00, by: provider, do: grant, with: {terms: {scope: 姓名}}}
expect:
  stage: closed
  outcome: granted
  clocks: [{id: provider_answer, due_date: 2026-09-24, state: met}]
"""
REFUSED = """\
name: 浙江 非共享
statute: zhejiang-2014
filed_at: 2026-09-18T10:00:00+08:00
request:
  requester: {code: R, name: 甲}
  provider: {code: P, name: 乙}
  resource: {code: X, name: 丙, sharing_class: not_shared}
  purpose: 核验
  scope: 姓名
expect: {refused: class_not_shareable}
"""


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[Path]]:
    """Write scenario files."""

    def write(**texts: str) -> list[Path]:
        paths = [tmp_path / f"{name}.yaml" for name in texts]
        for path, text in zip(paths, texts.values(), strict=True):
            path.write_text(text, encoding="utf-8")
        return paths

    return write


def test_files_are_played_in_order_and_differences_told(program: Run, files: Callable[..., list[Path]]) -> None:
    wrong = GOOD.replace("2026-09-24", "2026-09-25").replace("outcome: granted", "outcome: denied")
    says_nothing = (
        GOOD.replace("changshu-2019", "cn-809-2025")
        .replace("do: refuse, with: {}", "do: request_extension")
        .replace("stage: closed\n  outcome: granted", "stage: delivery")
        .replace("2026-09-24", "2026-10-09")
    )
    paths = files(good=GOOD, wrong=wrong, refused=REFUSED, says_nothing=says_nothing)
    said = program("simulate", "--json", *paths)
    assert (said.code, said.err) == (1, "")
    good, differs, refused, unreadable = json.loads(said.out)
    assert (good["statute"], good["stage"], good["outcome"]) == ("changshu-2019", "closed", "granted")
    assert good["mismatches"] == []
    assert good["refused_steps"][0]["code"] == "reason_required"
    assert good["workflow"]["history_length"] > 5
    assert len(differs["mismatches"]) == 2
    assert unreadable["stage"] == "delivery", "a step that cannot be read does not end the play"
    [told] = unreadable["mismatches"]
    assert "steps[0] (request_extension by provider) could not be read" in told
    assert "working_days is missing" in told
    assert (refused["refused"], refused["mismatches"]) == ("class_not_shareable", [])


def test_for_people_and_all_as_expected(shareflow: Run, files: Callable[..., list[Path]]) -> None:
    said = shareflow("simulate", *files(good=GOOD, refused=REFUSED))
    assert (said.code, said.err) == (0, "")
    first, second = said.out.splitlines()
    assert first.startswith("ok ")
    assert "good.yaml" in first
    assert "同意共享" in first
    assert "class_not_shareable" in second


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: the file is empty"),
        ("- a\n- b\n", "line 1: the top level"),
        ("a: [1\n", "line 1: this is not valid YAML"),
        (GOOD.replace("statute:", "statut:"), "line 2: statut is not a known key"),
        (GOOD.replace("statute: changshu-2019\n", ""), "line 1: statute is missing, and so is jurisdiction"),
        (
            GOOD.replace("statute: changshu-2019\n", "statute: changshu-2019\njurisdiction: yima\n"),
            "line 3: jurisdiction is not the place of changshu-2019",
        ),
        (GOOD.replace("do: grant", "do: give"), "line 12: steps[1].do"),
        (GOOD.replace("filed_at: 2026-09-18T10:00:00+08:00", "filed_at: 2026-09-18T10:00:00"), "line 3: filed_at"),
        (GOOD.replace("filed_at: 2026", "filed_at: 1970"), "line 3: filed_at lies outside"),
        (GOOD.replace("2026-09-21T10", "2026-09-20T10"), "line 12: steps[1].at lies before the step or filing"),
        (GOOD.replace("2026-09-21T09", "2026-09-17T09"), "line 11: steps[0].at lies before the step or filing"),
        (GOOD.replace("2026-09-21T10", "2100-01-01T10"), "line 12: steps[1].at lies outside"),
        (GOOD.replace("filed_at: 2026", "filed_at: 2100"), "line 3: filed_at lies outside"),
        (GOOD.replace("2026-09-21T10", "2091-01-01T00"), "line 12: steps[1].at lies outside"),
        (GOOD.replace("2026-09-18T10:00:00+08:00", "0001-01-01T00:00:00+08:00"), "line 3: filed_at lies outside"),
        (GOOD.replace("2026-09-18T10:00:00+08:00", "2026-09-18T10:00:00+08:01"), "line 3: filed_at has an offset"),
        (GOOD + "until: 2026-09-20T00:00:00+08:00\n", "line 17: until lies before the last step"),
        (GOOD + "until: 2100-01-01T00:00:00+08:00\n", "line 17: until lies outside"),
        (REFUSED + GOOD[GOOD.index("steps:") : GOOD.index("expect:")], "line 11: steps must be left out"),
        (GOOD.replace("2026-09-18T10:00:00+08:00", "1789696800"), "line 3: filed_at must be a time such as"),
        (GOOD.replace("2026-09-18T10:00:00+08:00", '"1789696800"'), "line 3: filed_at must be a time such as"),
        (GOOD.replace("at: 2026-09-21T10:00:00+08:00", "at: 1790000000"), "line 12: steps[1].at must be a time"),
        (GOOD + "until: 1790000000\n", "line 17: until must be a time such as"),
        (
            GOOD.replace("due_date: 2026-09-24", "due_date: 20260924"),
            "line 16: expect.clocks[0].due_date must be a date",
        ),
        (GOOD.replace("state: met}", "started_at: 5}"), "line 16: expect.clocks[0].started_at must be a time"),
        (GOOD.replace("state: met}", 'due_at: "5"}'), "line 16: expect.clocks[0].due_at must be a time"),
        (GOOD.replace("state: met}", "amount: true}"), "line 16: expect.clocks[0].amount must be a whole number"),
        (GOOD.replace("state: met}", "provisional: no}"), "line 16: expect.clocks[0].provisional must be true or"),
        (
            GOOD.replace("{terms: {scope: 姓名}}", "{conditions: {a: b}}"),
            "line 12: steps[1].with.conditions must be text",
        ),
        (
            GOOD.replace("name: 常熟 有条件 同意", f"name: {'长' * 201}"),
            "line 1: name must have at most 200 characters",
        ),
        (GOOD.replace("name: 常熟 有条件 同意", 'name: " "'), "line 1: name must have at least 1 character."),
        (GOOD.replace("do: grant", 'do: grant, key: "a~b"'), "line 12: steps[1].key"),
        (GOOD.replace("by: provider", "by: nobody", 1), "line 11: steps[0].by"),
        (GOOD.replace("state: met}", "state: done}"), "line 16: expect.clocks[0].state"),
        (GOOD.replace("{terms: {scope: 姓名}}", "{term: x}"), "line 12: steps[1].with.term"),
        (GOOD + "name: again\n", "line 17: the key “name” stands here a second time"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    shareflow: Run, files: Callable[..., list[Path]], text: str, says: str
) -> None:
    (path,) = files(wrong=text)
    said = shareflow("simulate", path, "--json")
    sentence = said.plainly_refused()
    assert sentence.startswith(f"{path}, line ")
    assert says in sentence
    assert said.out == ""


def test_bare_numbers_and_nothing_stand_where_they_mean_something() -> None:
    text = GOOD.replace("name: 常熟 有条件 同意", "name: 12345").replace("changshu-2019", "2019") + "calendar:\n"
    scenario = scenario_from(text, "x")
    assert (scenario.name, scenario.statute, scenario.calendar) == ("12345", "2019", "as_published")
    for moment in ("2026-09-18T02:00:00Z", "'2026-09-18T10:00+08:00'", "2026-09-18 10:00:00.5+0800"):
        assert scenario_from(GOOD.replace("2026-09-18T10:00:00+08:00", moment), "x").filed_at.date() == date(
            2026, 9, 18
        )


def test_what_is_no_text_file_is_one_sentence(shareflow: Run, tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b"a" * 10_000_000)
    (tmp_path / "binary.yaml").write_bytes(b"name: x\n\xff\xfe\x00")
    for name, says in (
        ("big.yaml", "too large"),
        ("binary.yaml", "binary.yaml, line 2: is not UTF-8 text"),
        ("missing.yaml", "No such file"),
        ("", "Is a directory"),
        ("two\nlines", "No such file"),
    ):
        assert says in shareflow("simulate", tmp_path / name).plainly_refused()
    assert "too large" in shareflow("simulate", "/dev/zero").plainly_refused()
    assert "FILE" in shareflow("simulate").plainly_refused()


def test_every_bad_file_is_named_and_nothing_is_played(shareflow: Run, files: Callable[..., list[Path]]) -> None:
    said = shareflow("simulate", *files(one="", good=GOOD, two=GOOD.replace("name:", "nam:")))
    assert (said.code, said.out) == (2, "")
    one, two = said.err.splitlines()
    assert "one.yaml" in one
    assert "two.yaml" in two


def test_no_temporal_is_one_sentence(
    shareflow: Run, files: Callable[..., list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded.stack.temporal.shutil.which", lambda *_, **__: None)
    assert "make setup" in shareflow("simulate", *files(good=GOOD)).plainly_refused()


def test_what_cannot_be_played_to_its_end_is_told_and_the_others_are_played(
    shareflow: Run, files: Callable[..., list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statute that there is not, and a process that forgets where the end of a limit leads."""
    demand = PROCEDURES[ProcedureName.DEMAND]
    stages = [replace(it, expiry={}) if it.stage is Stage.PUBLISHED else it for it in demand.process.stages]
    broken = replace(demand, process=replace(demand.process, stages=stages))
    monkeypatch.setitem(cast(MutableMapping[ProcedureName, Any], PROCEDURES), demand.name, broken)
    lapses = Path(__file__).parents[1] / "scenarios/demand/follow-up-lapses.yaml"
    said = shareflow("simulate", *files(unknown=GOOD.replace("changshu-2019", "常熟")), lapses, *files(refused=REFUSED))
    assert said.code == 1
    unknown, known, verdict, difference, other = said.out.splitlines()
    assert "unknown.yaml" in unknown
    assert "unknown statute: 常熟; known are " in known
    assert "nantong-2020, nantong-2020+809, nantong-2020+jiangsu, yima-2021" in known
    assert "not played to its end" in verdict
    assert "follow_up_window leads from published to closed, which is not declared" in difference
    assert other.startswith("ok ")
    assert "Traceback" not in said.out


@pytest.mark.long
@pytest.mark.parametrize("later", either([0.7], [0.0, 0.7, 2.0]))
def test_sigterm_leaves_nothing_running(files: Callable[..., list[Path]], tmp_path: Path, later: float) -> None:
    (tmp_path / "tmp").mkdir()
    (path,) = files(good=GOOD)
    process = subprocess.Popen(
        [PROGRAM, "simulate", path],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: list((tmp_path / "tmp").glob("shareflow-*")))  # from here on it has something to leave behind
    time.sleep(later)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    if process.returncode != 0:  # else it was faster than the signal
        assert (process.returncode, err) == (143, "Stopped by SIGTERM.\n")
    assert not list((tmp_path / "tmp").glob("shareflow-*"))
    lines = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path / "tmp") not in lines


def wait_for(true: Callable[[], object], seconds: float = 60) -> None:
    """Until something is so. Fails when it never is."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
