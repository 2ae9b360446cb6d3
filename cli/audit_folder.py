"""What ``shareflow audit verify`` does of a folder: each dossier in it, a line each."""

from collections.abc import Sequence
from pathlib import Path

import typer

from audit.dossier.contents import DossierUnusable
from audit.dossier.packing import read_dossier
from audit.verification.results import CheckResult
from audit.verification.verify import Trusted, failed
from audit.verification.verify import verify as check
from cli.errors import REFUSED, UNUSABLE, Failure
from cli.output import print_json
from configuration.memory import settle_memory

READABLE = "dossier"
"""Stands for a check where a file is no dossier: none could be made."""


def verify_folder(folder: Path, trusted: Trusted, as_json: bool) -> None:
    """Check every zip in a folder, by name, one in memory at a time.

    Raises typer.Exit with 2 where one is no dossier that can be read, else 1 where one does not hold; Failure where
    there is none.
    """
    try:
        files = sorted(folder.glob("*.zip"))
    except OSError as error:
        raise Failure(f"{folder} cannot be read: {error.strerror}.") from None
    if not files:
        raise Failure(f"{folder} has no dossier: no file whose name ends with .zip.")
    settle_memory()
    found = {}
    for file in files:
        found[file.name] = results = _checked(file, trusted)
        if not as_json:
            typer.echo(_summary(file.name, results))
    if as_json:
        print_json({name: [each.model_dump(mode="json") for each in results] for name, results in found.items()})
    else:
        holding = sum(not failed(results) for results in found.values())
        typer.echo(f"{len(found)} dossiers, {holding} of them without a check that fails.")
    if any(_is_none(results) for results in found.values()):
        raise typer.Exit(UNUSABLE)
    if any(map(failed, found.values())):
        raise typer.Exit(REFUSED)


def _checked(file: Path, trusted: Trusted) -> Sequence[CheckResult]:
    try:
        return check(read_dossier(file), trusted)
    except DossierUnusable as error:
        return [CheckResult(check=READABLE, result="FAIL", detail=str(error))]


def _is_none(results: Sequence[CheckResult]) -> bool:
    return [each.check for each in results] == [READABLE]


def _summary(name: str, results: Sequence[CheckResult]) -> str:
    wrong = [each for each in results if each.result == "FAIL"]
    if wrong:
        said = "; ".join(f"{each.check}: {each.detail}" for each in wrong)
        return f"{'FAIL':7}  {name}  {said}"
    held = sum(each.result == "ok" for each in results)
    skipped = ", ".join(each.check for each in results if each.result == "skipped")
    return f"{'ok':7}  {name}  {held} checks hold{f'; skipped: {skipped}' if skipped else ''}"
