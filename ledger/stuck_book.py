"""Follow-up questions on what is stuck: what its cases are about, what operators did, and batches of retries."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from domain.access import Visibility
from domain.log.acts import OperatorAct
from ledger.engine import Engine
from ledger.queries import acts, cases, stuck, stuck_batches


class StuckBook:
    """What is known about stuck subjects beyond the list of them. Every method blocks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def abouts(self, subjects: Collection[str]) -> Mapping[str, str]:
        """What the subjects that are cases are about, by id."""
        return cases.abouts(self._engine, subjects)

    def acts_on(self, targets: Collection[str]) -> dict[str, list[OperatorAct]]:
        """The acts of operators on stuck subjects, by target, newest first."""
        return acts.acts_on(self._engine, targets)

    def subjects_of(self, visibility: Visibility, cause: str, at_most: int) -> list[str]:
        """The subjects that share a cause, longest stuck first; one more than ``at_most`` if there are more."""
        return stuck.subjects_of(self._engine, visibility, cause, at_most)

    def watched_ago(self) -> timedelta | None:
        """How long ago one of the workers last looked at all that is stuck; None where none ever did."""
        return stuck.watched_ago(self._engine)

    def batch(self, batch_id: str) -> stuck_batches.Batch | None:
        """A batch of retries with its list; None if there is no such batch."""
        return stuck_batches.batch(self._engine, batch_id)

    def batches(self) -> list[stuck_batches.Batch]:
        """The batches prepared last, without their lists."""
        return stuck_batches.newest_batches(self._engine)

    def retries_of(self, subject: str) -> Sequence[stuck_batches.BatchRetry]:
        """The results of a subject in batches, newest first."""
        return stuck_batches.retries_of(self._engine, subject)
