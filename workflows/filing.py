"""The filing of a case: recorded or refused, and what callers who wait for it are told."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from domain.engine.decision import Refused
    from procedures.registry import open_case
    from protocol.messages import CaseOpening, FilingKey
    from workflows.correspondence import Correspondence
    from workflows.errands.errand import Errands
    from workflows.recording import Recorder
    from workflows.refusals import key_reused, refused


class FilingGate:
    """The gate that every case passes first: the filing is recorded in the ledger, or the rules refuse it.

    ``filed_now``: this run wrote the filing; otherwise an earlier run did, whose answer was lost.
    """

    def __init__(self, opening: CaseOpening, recorder: Recorder, others: Correspondence, errands: Errands) -> None:
        self._opening = opening
        self._recorder = recorder
        self._others = others
        self._errands = errands
        self._no: ApplicationError | None = None
        self.filed_now = False

    async def pass_through(self) -> None:
        """Ask the rules and record the filing, with the first limits.

        Raises ApplicationError if the rules refuse, or if the key was used for another filing; callers who wait for the
        filing get the same error.
        """
        opening, recorder = self._opening, self._recorder
        find = self._errands.before_filing
        if find is not None:
            recorder.case = await find(recorder.case, opening, self._others)
        at = recorder.received(opening.filed_at)
        try:
            events = open_case(recorder.case, opening.actor, at, digests_of(opening), opening.places)
        except Refused as refusal:
            # A case that is started again may have been filed already; then it does not matter what the rules say now.
            await recorder.sync()
            if recorder.case.filed:
                return
            raise await self._refused(refused(refusal, recorder.case)) from None
        while not recorder.case.filed:
            written = await recorder.step(events, opening.key)
            self.filed_now = written.now
            if written.key_reused:
                raise await self._refused(key_reused("the key files another request"))

    async def _refused(self, error: ApplicationError) -> ApplicationError:
        """Answer the callers who wait, and return the error; the id can be used again."""
        self._no = error
        await workflow.wait_condition(workflow.all_handlers_finished)
        return error

    async def told(self) -> None:
        """Wait until the filing is in the ledger. Raises ApplicationError with the refusal."""
        recorder = self._recorder
        await workflow.wait_condition(lambda: recorder.case.filed or self._no is not None)
        if self._no is not None:
            raise self._no

    def may_be_told(self, meant: FilingKey | None) -> None:
        """Reject a caller who means another filing, sent at the same time under one key; None: any filing will do."""
        if meant is not None and (meant.key, meant.digest) != (self._opening.key, self._opening.digest):
            raise key_reused("the key files another request")


def digests_of(opening: CaseOpening) -> dict[str, str]:
    """What the first event records, and so the hash chain covers: digests, and the case that this one follows from."""
    digests = {
        "statute_digest": opening.statute_digest,
        "policy_digest": opening.policy_digest,
        "filing_digest": opening.digest,
    }
    return {**digests, **({"opened_by": opening.opened_by} if opening.opened_by is not None else {})}
