"""Which cases an audit is of, as options say it; and the files that it writes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from cli.errors import Failure

if TYPE_CHECKING:
    from ledger.queries.views import CaseFilter

Options = tuple[str | None, str | None, str | None, str | None]
"""The department, the first and the last day, and the statute, as they were given."""


def refuse_both(options: Options) -> None:
    """Raises Failure where dossiers are named, and cases of the ledger as well."""
    if options != (None, None, None, None):
        raise Failure("Name dossiers, or cases of the ledger by department, period and statute; not both.")


def chosen(department: str | None, first: str | None, last: str | None, statute: str | None) -> "CaseFilter":
    """The cases that options name; all, where none of them does. Raises InvalidInput naming the option."""
    from cli.options import option
    from domain.field_types import Day, Given
    from starter.audit_selection import selected

    return selected(
        None if department is None else option("--department", Given, department),
        None if first is None else option("--from", Day, first),
        None if last is None else option("--to", Day, last),
        None if statute is None else option("--statute", Given, statute),
    )


NOTHING_CHOSEN: Final = "No case lies in that selection: look at the department, the days and the statute again."
"""What is said where a selection is empty, which else looks like a clean record."""


@contextmanager
def whole_or_failure(to: Path, read: Sequence[Path] = ()) -> Iterator[IO[bytes]]:
    """A file to be written inside, which is there whole or not at all.

    ``read``: the dossiers that it is made of, over which nothing is written. Raises Failure when it cannot be written.
    """
    from starter.whole_files import whole_file

    if to.exists() and any(dossier.exists() and to.samefile(dossier) for dossier in read):
        raise Failure(f"{to} is a dossier that is read here: name another file to write.")
    try:
        with whole_file(to) as file:
            yield file
    except OSError as error:
        raise Failure(f"{to} cannot be written: {error.strerror}.") from None
