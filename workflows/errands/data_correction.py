"""Data correction (数据校核): corrected data is also pushed to whoever holds an open grant of it at that moment."""

from collections.abc import Sequence

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.engine.case import Case
    from domain.engine.records import Event
    from procedures.data_correction.push import with_holders
    from workflows.correspondence import Correspondence
    from workflows.errands.errand import Found


async def find_holders_to_push_to(case: Case, others: Correspondence) -> Found:
    """推送: look up the holders, so that the event of the push names them too."""
    found = await others.open_grants(case.provider.code or "", case.resource.code or "", stays=True)
    holders = [{"code": it.code, "name": it.name, "grant": it.request_id} for it in found]

    def named(events: Sequence[Event]) -> Sequence[Event]:
        return with_holders(events, holders)

    return named
