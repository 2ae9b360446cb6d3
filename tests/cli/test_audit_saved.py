"""What an auditor has saved on a machine of another kind."""

from pathlib import Path

from tests.audit.dossiers import dossier_of, packed
from tests.audit.logs import LOG_KEY, MemoryLog, entered, logged
from tests.cli.conftest import Run
from tests.cli.test_audit import CASE


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
