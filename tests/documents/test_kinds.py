"""What a content is, told from the content; and the names under which it may go out."""

import io
import struct

import pytest

from starter.attachments import kinds
from starter.attachments.kinds import NotTaken, fitting_name, kind_of
from starter.attachments.names import BadName, name_from
from tests.documents.papers import JPEG_STARTS, REFUSED, TAKEN, packed


@pytest.mark.parametrize("which", TAKEN)
def test_every_taken_type_is_known_by_its_content(which: str) -> None:
    content, kind, name = TAKEN[which]
    assert kind_of(io.BytesIO(content), kind) == kind
    assert kind_of(io.BytesIO(content), f"{kind.upper()}; charset=gbk") == kind
    for no_claim in (None, "", "application/octet-stream"):
        assert kind_of(io.BytesIO(content), no_claim, name) == kind
    assert fitting_name(name, kind) == name


@pytest.mark.parametrize("which", REFUSED)
def test_what_is_not_taken_or_not_what_it_claims_is_refused(which: str) -> None:
    content, claim = REFUSED[which]
    with pytest.raises(NotTaken):
        kind_of(io.BytesIO(content), claim)


@pytest.mark.parametrize("start", JPEG_STARTS)
def test_pictures_of_every_camera_are_known(start: bytes) -> None:
    assert kind_of(io.BytesIO(start + b"\0" * 200), "image/jpeg") == "image/jpeg"
    assert kind_of(io.BytesIO(start + b"\0" * 200), "image/jpg") == "image/jpeg"


@pytest.mark.parametrize("text", ["BM,名称\n", "MZ 民政\n", "ID;序号\n", "PK,主键\n", "GIF 图\n", "a < b\n", "-- 甲\n"])
def test_a_text_that_begins_like_something_else_is_a_text(text: str) -> None:
    assert kind_of(io.BytesIO(text.encode()), "text/plain") == "text/plain"


def test_a_long_text_is_looked_at_to_its_end() -> None:
    long = "姓名,身份证号码\n".encode() * 100_000
    assert kind_of(io.BytesIO(long), "text/csv") == "text/csv"
    with pytest.raises(NotTaken):
        kind_of(io.BytesIO(long + b"\0"), "text/csv")


def test_an_archive_made_to_keep_its_reader_busy_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    monkeypatch.setattr(kinds, "ZipFile", opened.append)
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    many = entry * 200_000
    bomb = b"PK\3\4" + b"\0" * 26 + many
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65_535, 65_535, len(many), 30, 0)
    with pytest.raises(NotTaken):
        kind_of(io.BytesIO(bomb + end), None)
    assert opened == []


@pytest.mark.parametrize("cut", range(4, 120, 7))
def test_broken_archives_are_refused_and_break_nothing(cut: int) -> None:
    whole = packed("OFD.xml")
    with pytest.raises(NotTaken):
        kind_of(io.BytesIO(whole[:cut]), None)
    broken = bytearray(whole)
    broken[-cut : -cut + 4] = b"\xff\xff\xff\xff"
    try:
        kind_of(io.BytesIO(bytes(broken)), None)
    except NotTaken:
        return


# Names


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("form.pdf", "form.pdf"),
        ("%E7%94%B3%E8%AF%B7%E8%A1%A8.pdf", "申请表.pdf"),
        ("申请表.pdf".encode().decode("latin-1"), "申请表.pdf"),
        ("100%.pdf", "100%.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\申请.pdf".encode().decode("latin-1"), "申请.pdf"),
        ("..", None),
        ("/", None),
        ("   ", None),
    ],
)
def test_a_name_is_a_name_and_no_path(header: str, name: str | None) -> None:
    assert name_from(header, None, "zh") == name


@pytest.mark.parametrize(
    "header", ["%FF%FE", "\xff", "a%0Ab\r\nX: y".replace("%0A", "%00"), "%E2%80%AEfdp.exe", "x" * 201]
)
def test_a_name_that_cannot_be_used_is_refused(header: str) -> None:
    with pytest.raises(BadName):
        name_from(header, None, "en")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename*=UTF-8''%E7%94%B3%E8%AF%B7%E8%A1%A8.pdf", "申请表.pdf"),
        ('attachment; filename="form.pdf"', "form.pdf"),
        ("attachment", None),
        ("", None),
        (None, None),
    ],
)
def test_a_name_may_stand_in_content_disposition(header: str | None, name: str | None) -> None:
    assert name_from(None, header, "zh") == name
    assert name_from("first.pdf", header, "zh") == "first.pdf"


def test_whatever_stands_in_content_disposition_is_a_name_or_refused() -> None:
    for hostile in (
        "filename*=nothing''x",
        "a; filename*=utf-8'%%%'%",
        'a; filename="',
        "; ; ;",
        "a; filename*0=a; filename*1=b",
    ):
        try:
            name_from(None, hostile, "en")
        except BadName:
            continue


def test_a_name_says_what_the_content_is() -> None:
    assert fitting_name("run.bat", "text/plain") == "run.bat.txt"
    assert fitting_name("photo.JPEG", "image/jpeg") == "photo.JPEG"
    assert fitting_name(None, "application/ofd") == "attachment.ofd"
