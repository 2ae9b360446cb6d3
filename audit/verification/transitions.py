"""Whether every step from stage to stage is one that the procedure declares under its statute."""

from audit.verification.record import CaseRecord
from audit.verification.rules import DecidesOtherwise
from domain.messages.counting import CountingText
from domain.naming import procedure_of_id
from domain.words import Stage
from procedures.registry import PROCEDURES


def check_transitions(record: CaseRecord) -> str:
    """The case came in where a filing may, and went from stage to stage by declared ways. Raises CheckFailed."""
    procedure = PROCEDURES[procedure_of_id(record.request_id)]
    process = procedure.process.under(record.statute)
    here, steps = record.filed.stage, 0
    if here not in process.opens:
        raise DecidesOtherwise(
            f"a filing does not lead to {here.value} under {record.statute.id}", record.filed.article
        )
    for event in record.events[1:]:
        if event.stage is here:
            continue
        if here is Stage.CLOSED or event.stage not in process[here].leads_to:
            raise DecidesOtherwise(
                f"event {event.seq} ({event.type.value}) leads from {here.value} to {event.stage.value}, "
                f"which {procedure.name.value} does not have under {record.statute.id}",
                event.article,
            )
        here, steps = event.stage, steps + 1
    told = CountingText("{steps:step|steps} of {procedure}, the last one to {here}")
    return told.format(steps=steps, procedure=procedure.name.value, here=here.value)
