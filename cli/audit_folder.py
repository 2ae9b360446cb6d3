"""What ``shareflow audit verify`` does of a folder: its list and each dossier in it, a line each."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import typer

from audit.dossier.contents import DossierUnusable
from audit.dossier.folder_list import LIST, DossierList
from audit.dossier.packing import read_dossier
from audit.verification.folder import check_list, check_name, list_in, sealers
from audit.verification.results import CheckResult
from audit.verification.verify import Trusted, Verifier, conclusion_of, covered_by_given, failed
from cli.errors import REFUSED, UNUSABLE, Failure
from cli.output import numbered, print_json
from configuration.memory import settle_memory
from domain.field_types import on_one_line
from domain.messages import Language

READABLE = "dossier"
"""Stands for a check where a file is no dossier, or no list: none could be made."""


_ABOUT: Final = {
    "early": "; something of it was disposed of too early",
    "disposed": "; its history was disposed of",
    "played": "; a played case",
    "undated": "; some dates not shown",
    "unasked": "; some events that nobody in the history asked for",
}
"""What stands behind the line of a dossier that holds, by its conclusion."""


class CheckedFile(NamedTuple):
    """A file of a folder that was checked: the case in it, where it is a dossier, and what came of each check."""

    name: str
    case: str | None
    results: Sequence[CheckResult]


def verify_folder(folder: Path, trusted: Trusted, as_json: bool, language: Language = "en") -> None:
    """Check the list of a folder, where it has one, and every zip in it by name, one in memory at a time.

    Raises typer.Exit with 2 where one of them cannot be read, else 1 where one does not hold; Failure where there is
    none.
    """
    found = []
    try:
        for each in _checked_in(folder, trusted):
            found.append(each)
            if not as_json:
                typer.echo(_summary(each, language))
    except OSError as error:
        raise Failure(f"{folder} cannot be read: {error.strerror}.") from None
    if not found:
        raise Failure(f"{folder} has no dossier: no file whose name ends with .zip.")
    unlisted = all(each.name != LIST for each in found)
    if as_json:
        print_json({each.name: [result.model_dump(mode="json") for result in each.results] for each in found})
    else:
        holding = [not failed(each.results) for each in found if each.name != LIST]
        typer.echo(f"{numbered(len(holding), 'dossier')}, {sum(holding)} of them without a check that fails.")
        if unlisted:
            typer.echo(f"There is no {LIST}: nothing says that all are here.")
    if any(_is_none(each.results) for each in found):
        raise typer.Exit(UNUSABLE)
    if any(failed(each.results) for each in found):
        raise typer.Exit(REFUSED)


def _checked_in(folder: Path, trusted: Trusted) -> Iterator[CheckedFile]:
    """The list of a folder first, then its dossiers. Raises OSError."""
    files = sorted(file for file in folder.iterdir() if file.name.lower().endswith(".zip"))
    listed: DossierList | None = None
    sealed_by: Collection[str] = ()
    settle_memory()
    try:
        listed = list_in(folder)
        if listed is not None:
            sealed_by = sealers(folder, listed, trusted.keys)
            yield CheckedFile(LIST, None, check_list(folder, listed, {file.name for file in files}, trusted.keys))
    except DossierUnusable as error:
        yield CheckedFile(LIST, None, _unreadable(error))
    with Verifier(trusted) as verifier:
        for file in files:
            yield _checked(file, verifier, listed, sealed_by)


def _checked(file: Path, verifier: Verifier, listed: DossierList | None, sealed_by: Collection[str]) -> CheckedFile:
    try:
        dossier = read_dossier(file)
        misnamed = check_name(file, dossier, listed, sealed_by)
        results = [*([misnamed] if misnamed else []), *verifier.verify(dossier)]
        return CheckedFile(file.name, dossier.manifest.request_id, results)
    except DossierUnusable as error:
        return CheckedFile(file.name, None, _unreadable(error))


def _unreadable(error: DossierUnusable) -> Sequence[CheckResult]:
    return [CheckResult(check=READABLE, result="FAIL", detail=str(error))]


def _is_none(results: Sequence[CheckResult]) -> bool:
    return [each.check for each in results] == [READABLE]


def _covered(results: Sequence[CheckResult]) -> str:
    """How far the checkpoint that was given goes, where it does not have all of a case."""
    covered = covered_by_given(results)
    if covered is None or covered[0] == covered[1]:
        return ""
    return f"; {covered[0]} of {covered[1]} events in the checkpoint that was given"


def _summary(checked: CheckedFile, language: Language) -> str:
    name = on_one_line(checked.name)
    named = f"{name}  {checked.case}" if checked.case else name
    wrong = [each for each in checked.results if each.result == "FAIL"]
    if wrong:
        said = "; ".join(f"{each.check}: {each.said(language)}" for each in wrong)
        return f"{'FAIL':7}  {named}  {said}"
    if checked.name == LIST:
        return f"{'ok':7}  {named}  {'; '.join(each.said(language) for each in checked.results)}"
    held = sum(each.result == "ok" for each in checked.results)
    skipped = ", ".join(each.check for each in checked.results if each.result == "skipped")
    about = _ABOUT.get(conclusion_of(checked.results), "") + _covered(checked.results)
    return f"{'ok':7}  {named}  {held} checks hold{f'; skipped: {skipped}' if skipped else ''}{about}"
