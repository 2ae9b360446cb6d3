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
from cli.output import print_json
from configuration.memory import settle_memory
from domain.field_types import on_one_line
from domain.messages import Language, label, words

FOLDER: Final = "verify_folder"
"""The words for what is said of a folder."""
READABLE = "dossier"
"""Stands for a check where a file is no dossier, or no list: none could be made."""


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
        typer.echo(label(FOLDER, "all", language).format(number=len(holding), holding=sum(holding)))
        if unlisted:
            typer.echo(label(FOLDER, "unlisted", language).format(list=LIST))
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


def _covered(results: Sequence[CheckResult], language: Language) -> str:
    """How far the checkpoint that was given goes, where it does not have all of a case."""
    covered = covered_by_given(results)
    if covered is None or covered[0] == covered[1]:
        return ""
    return label(FOLDER, "covered", language).format(there=covered[0], of=covered[1])


def _summary(checked: CheckedFile, language: Language) -> str:
    name = on_one_line(checked.name)
    named = f"{name}  {checked.case}" if checked.case else name
    wrong = [each for each in checked.results if each.result == "FAIL"]
    if wrong:
        said = "; ".join(f"{each.check}: {each.said(language)}" for each in wrong)
        return f"{'FAIL':7}  {named}  {said}"
    if checked.name == LIST:
        return f"{'ok':7}  {named}  {'; '.join(each.said(language) for each in checked.results)}"
    return f"{'ok':7}  {named}  {_held(checked.results, language)}"


def _held(results: Sequence[CheckResult], language: Language) -> str:
    """How much holds of a dossier of which nothing fails, what was skipped, and what there is to know besides."""
    said = label(FOLDER, "hold", language).format(held=sum(each.result == "ok" for each in results))
    skipped = [each.check for each in results if each.result == "skipped"]
    if skipped:
        names = skipped if language == "en" else [label("audit_check", each, language) for each in skipped]
        said += label(FOLDER, "skipped", language).format(names=("、" if language == "zh" else ", ").join(names))
    conclusion = conclusion_of(results)
    about = label(FOLDER, conclusion, language) if conclusion in words(FOLDER) else ""
    return said + about + _covered(results, language)
