"""``shareflow procedure diagram``: a picture of what is declared, under the text that is asked for."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from domain.messages import label
from domain.statutes.loader import get_statute
from domain.words import ProcedureName, Stage
from procedures.registry import ALL, PROCEDURES
from starter.diagram.of_procedure import picture_of
from starter.procedures import required
from tests.cli.conftest import PROGRAM, Run

SVG = "{http://www.w3.org/2000/svg}"


def drawn_stages(statute: str, name: ProcedureName = ProcedureName.SHARE_REQUEST) -> set[Stage]:
    return {*PROCEDURES[name].under(get_statute(statute)).open_stages}


def test_a_picture_is_written_and_says_the_stages_of_its_text(shareflow: Run, tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    assert shareflow("procedure", "diagram", "share_request", "--statute", "yima-2021", "-o", str(file)).code == 0
    tree = ElementTree.parse(file)
    said = "".join(tree.getroot().itertext())
    assert "义马市政务信息资源共享管理暂行办法" in said
    for stage in Stage:
        shown = stage in drawn_stages("yima-2021") or stage is Stage.CLOSED
        names = [text.text for text in tree.iter(f"{SVG}text")]
        assert (label("stage", stage, "zh") in names) == shown
    assert label("command", "adjudicate", "zh") in said
    assert label("command", "refer_final", "zh") not in said


def test_on_standard_output_in_english(shareflow: Run) -> None:
    said = shareflow("procedure", "diagram", "resource_withdrawal", "--statute", "cn-809-2025", "--english").out
    assert ElementTree.fromstring(said).tag == f"{SVG}svg"
    assert label("command", "record_negotiation", "en") in said


def test_each_text_has_its_own_stages() -> None:
    nobody = {Stage.COORDINATION, Stage.FINAL_INSTANCE}
    assert not nobody & drawn_stages("nantong-2020")
    assert nobody <= drawn_stages("nantong-2020+809")
    assert Stage.COMPLETENESS_CHECK in drawn_stages("nantong-2020")
    assert Stage.COMPLETENESS_CHECK not in drawn_stages("changshu-2019")
    assert Stage.DELIVERY in drawn_stages("cn-809-2025")
    assert Stage.DELIVERY not in drawn_stages("zhejiang-2014")
    assert Stage.FINAL_INSTANCE not in drawn_stages("yima-2021")


@pytest.mark.parametrize("procedure", ALL, ids=lambda it: it.name.value)
def test_every_text_of_a_procedure_can_be_drawn_in_both_languages(procedure: Any) -> None:
    assert required(procedure)
    for statute in required(procedure):
        for language in ("zh", "en"):
            picture = picture_of(procedure, get_statute(statute), language)
            assert picture.stages
            assert any(arrow.end == Stage.CLOSED for arrow in picture.edges)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nothing", "--statute", "yima-2021"), "nothing"),
        (("demand", "--statute", "nothing"), "nothing"),
        (("demand", "--statute", "cn-809-2025"), "cn-809-2025 does not have the procedure demand."),
        (
            ("demand", "--statute", "nantong-2020", "-o", "/no/such/folder/x.svg"),
            "/no/such/folder/x.svg cannot be written",
        ),
        (("demand", "--statute", "nantong-2020", "-o", ""), "The file to write to has no name."),
        (("demand", "--statute", "nantong-2020", "-o", "/tmp"), "/tmp cannot be written: Is a directory."),
        (("demand", "--statute", "nantong-2020", "-o", "/dev/full"), "/dev/full cannot be written: No space left"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_one_sentence(shareflow: Run, arguments: tuple[str, ...], says: str) -> None:
    said = shareflow("procedure", "diagram", *arguments)
    assert said.code in (1, 2)
    assert says in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_a_picture_is_written_whole_or_not_at_all(program: Run, tmp_path: Path) -> None:
    """A disk that is full after 4096 bytes: the earlier picture stays, and nothing lies beside it."""
    file = tmp_path / "picture.svg"
    file.write_text("an earlier picture", encoding="utf-8")
    drawn = ["procedure", "diagram", "demand", "--statute", "nantong-2020", "-o", str(file)]
    full = (
        "import resource, signal; from cli import main; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); main()"
    )
    done = subprocess.run([sys.executable, "-c", full, *drawn], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, f"{file} cannot be written: File too large.\n")
    assert [(it.name, it.read_text("utf-8")) for it in tmp_path.iterdir()] == [("picture.svg", "an earlier picture")]
    assert program(*drawn).code == 0
    assert ElementTree.parse(file).getroot().tag == f"{SVG}svg"
    assert [it.name for it in tmp_path.iterdir()] == ["picture.svg"]


def test_a_full_disk_behind_standard_output_is_one_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [PROGRAM, "procedure", "diagram", "demand", "--statute", "nantong-2020"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "Nothing more can be written: No space left on device.\n")
