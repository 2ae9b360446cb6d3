"""What an auditor has saved on a machine of another kind, and the language in which it is read."""

from pathlib import Path

from tests.audit.dossiers import dossier_of, packed
from tests.audit.logs import LOG_KEY, MemoryLog, entered, logged
from tests.cli.conftest import Run
from tests.cli.test_audit import CASE


def test_what_was_found_is_told_in_chinese_where_that_is_asked_for(shareflow: Run, tmp_path: Path) -> None:
    whole = packed(dossier_of(CASE))
    (tmp_path / "case.zip").write_bytes(whole)
    said = shareflow("audit", "verify", tmp_path / "case.zip", "--lang", "zh").out
    assert "\nok       acts         没有运维操作\n" in said
    assert "\nskipped  dates        演示事项：其时钟比服务器慢70天" in said
    line, last, unlisted = shareflow("audit", "verify", tmp_path, "--lang", "zh").out.splitlines()
    assert line.endswith(" 项通过；未核验：日期、登入日志、检查点签名、自存检查点、时间戳、封签；演示事项"), line
    assert [last, unlisted] == [
        "1 个卷宗包，其中 1 个没有不通过的核验项。",
        "没有 dossiers.json：无从得知是否齐全。",
    ]
    (tmp_path / "case.zip").write_bytes(whole.replace(b"dossier.html", b"dossier.htmx"))
    assert "structure: 缺少 dossier.html" in shareflow("audit", "verify", tmp_path, "--lang", "zh").out


def test_what_windows_has_saved_is_read_as_it_is_meant(shareflow: Run, tmp_path: Path) -> None:
    log = MemoryLog()
    dossier, path = logged(dossier_of(CASE), log, entered(dossier_of(CASE), log)), tmp_path / "case.zip"
    path.write_bytes(packed(dossier))
    key, kept = tmp_path / "log.pub", tmp_path / "kept.txt"
    for file, text in ((key, f"{LOG_KEY.key.written()}\n"), (kept, log.checkpoint())):
        file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    said = shareflow("audit", "verify", path, "--key", key, "--checkpoint", kept)
    assert said.code == 0, said
    key.write_text(LOG_KEY.key.written().replace("+", "+00000000+", 1).replace(LOG_KEY.key.id.hex() + "+", "", 1))
    assert shareflow("audit", "verify", path, "--key", key).plainly_refused().endswith("copied wrongly.")


def test_of_several_dossiers_the_one_that_is_none_is_named(shareflow: Run, tmp_path: Path) -> None:
    whole = tmp_path / "case.zip"
    whole.write_bytes(packed(dossier_of(CASE)))
    none = tmp_path / "none.zip"
    none.write_bytes(b"PK")
    for command in ("findings", "log"):
        to = ("-o", tmp_path / "log.json") if command == "log" else ()
        told = shareflow("audit", command, whole, none, *to).plainly_refused()
        assert told.startswith(f"{none}: This is not a zip")
