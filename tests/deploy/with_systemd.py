"""The units of deploy/ on a real systemd, installed as its README says: they work, and stay up.

Not among the tests that ``make test`` collects: root runs it, with ``systemd-nspawn``, by ``make check-deploy``.
"""

import tempfile
from pathlib import Path

import pytest

from tests.deploy.booting import boot, machine


@pytest.mark.usefixtures("ground")
def test_a_machine_boots_into_a_hardened_installation() -> None:
    """The session's own server has made the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="shareflow-") as folder:
        Path(folder).chmod(0o755)
        with machine(Path(folder)) as root:
            said = boot(root)
            shown = (root / "srv/shown").read_text("utf-8")
    assert said == {
        "api": "ready",
        "worker 1": "ready",
        "worker 2": "ready",
        "user": "shareflow",
        "a case": "filed",
        "after a kill": "ready",
        "the case": "provider_answer",
        "set up again": "Nothing was changed",
        "meanwhile": "alive",
        "backup": "shareflow-backup/1",
        "timer": "active",
        "through the proxy": "ready",
        "doctor": "Shareflow is usable here.",
        "by build": "is current now",
        "the case by build": "withdrawn",
        "folders": "root:750 root:700 shareflow:700 shareflow:700 ",
        "secrets": "root:600",
        "held": "ready",
        "called while restarted": "refused 0 times",
        "without Temporal": "refused",
    }, shown
