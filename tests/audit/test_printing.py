"""Pages as PDF: what prints is found, told when it is not there or fails, and gets nothing but the page."""

from pathlib import Path

import pytest

from starter.printing import CannotPrint, printer

PRINTS = """#!/bin/sh
for each in "$@"; do
    case "$each" in --print-to-pdf=*) to="${each#--print-to-pdf=}";; file://*) page="${each#file://}";; esac
done
{ printf '%%PDF-1.4 '; cat "$page"; } > "$to"
"""
HAS_FONTS = "#!/bin/sh\necho 'Noto Serif CJK SC'\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of all programs of a machine that has none but what a test puts there, and the shell's own."""
    there = tmp_path / "bin"
    there.mkdir()
    (there / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(there))
    return there


def program(machine: Path, name: str, text: str) -> None:
    (machine / name).write_text(text)
    (machine / name).chmod(0o755)


@pytest.mark.parametrize("name", ["chromium", "google-chrome"])
def test_the_page_is_printed(machine: Path, name: str) -> None:
    program(machine, name, PRINTS)
    program(machine, "fc-list", HAS_FONTS)
    assert printer().pdf("<!doctype html>\u5377".encode()) == "%PDF-1.4 <!doctype html>\u5377".encode()


def test_without_a_browser_or_a_font_one_sentence_says_so(machine: Path) -> None:
    with pytest.raises(CannotPrint, match="Chromium is not on this machine"):
        printer()
    program(machine, "chromium", PRINTS)
    with pytest.raises(CannotPrint, match="no font for Chinese"):
        printer()
    program(machine, "fc-list", "#!/bin/sh\n")
    with pytest.raises(CannotPrint, match="no font for Chinese"):
        printer()


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 3\n", "#!/bin/sh\nexit 0\n", "no program"])
def test_a_browser_that_prints_nothing_is_told(machine: Path, text: str) -> None:
    program(machine, "chromium", text)
    program(machine, "fc-list", HAS_FONTS)
    with pytest.raises(CannotPrint, match="No PDF: "):
        printer().pdf(b"")
