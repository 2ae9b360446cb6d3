"""What acts have let go of (销毁): the histories and papers of a case that the engine itself no longer has."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from domain.log.acts import ActKind, OperatorAct
from domain.retention import Keepsake


def disposals(acts: Iterable[OperatorAct], keepsake: Keepsake) -> Iterator[OperatorAct]:
    """Those of the acts that have let go of this."""
    return (act for act in acts if act.kind == ActKind.DISPOSE and keepsake in listed_in(act, "disposed"))


def papers_let_go(acts: Iterable[OperatorAct]) -> frozenset[str]:
    """The digests of the papers that acts have let go of."""
    return frozenset(str(digest) for act in disposals(acts, Keepsake.PAPERS) for digest in listed_in(act, "papers"))


def listed_in(act: OperatorAct, name: str) -> Sequence[Any]:
    """What an act lists; nothing where it does not, for what was packed is anybody's."""
    found = act.details.get(name)
    return found if isinstance(found, list | tuple) else ()
