"""Pages as PDF (打印), if this machine has a browser that can print and a Chinese font."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST_SECONDS: Final = 120
_ALONE: Final = (
    "--headless",
    "--disable-gpu",
    "--disable-extensions",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
"""Options that confine the browser to one file: no network, nothing else to load."""


class CannotPrint(Exception):
    """No PDF can be made here; one sentence says why."""


@dataclass(frozen=True)
class Printer:
    """A browser that can print; ``program`` is its path."""

    program: str

    def pdf(self, page: bytes) -> bytes:
        """The page as PDF. Blocks for a second or two. Raises CannotPrint."""
        with tempfile.TemporaryDirectory(prefix="shareflow-print-") as name:
            folder = Path(name)
            source, made = folder / "page.html", folder / "page.pdf"
            source.write_bytes(page)
            where = (f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={made}", source.as_uri())
            # The sandbox does not work for root and in many containers; the page runs no code that would need it.
            command = [self.program, *_ALONE, "--no-sandbox", *where]
            try:
                done = subprocess.run(command, capture_output=True, timeout=LONGEST_SECONDS, check=False, cwd=folder)
            except (OSError, subprocess.TimeoutExpired) as error:
                raise CannotPrint(f"No PDF: {self.program} cannot be used ({type(error).__name__}).") from None
            content = made.read_bytes() if made.is_file() else b""
            if done.returncode or not content.startswith(b"%PDF-"):
                raise CannotPrint(f"No PDF: {self.program} ended with {done.returncode} and printed none.")
            return content


def printer() -> Printer:
    """The printer of this machine. Raises CannotPrint if there is none, or no Chinese font."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        raise CannotPrint("No PDF: Chromium is not on this machine; print dossier.html from any browser instead.")
    fonts = shutil.which("fc-list")
    if fonts is None or not _listed(fonts):
        raise CannotPrint("No PDF: no font for Chinese is known on this machine (fonts-noto-cjk has one).")
    return Printer(program)


def _listed(fonts: str) -> bool:
    try:
        done = subprocess.run([fonts, ":lang=zh", "family"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(done.stdout.strip())
