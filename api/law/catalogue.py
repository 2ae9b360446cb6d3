"""The resources that are known here (目录): from cases about them, and from changes of the catalogue."""

from api.context import AppContext
from api.law.schemas import CatalogueEntryOut, KnownResourceOut, ResourceList
from domain.access import Caller, visibility_of
from domain.messages import Language, words
from domain.words import Outcome, SharingClass
from ledger.queries.resources import KnownResource, SubmittedEntry


def resources_of(
    context: AppContext, caller: Caller, code: str | None, cursor: str | None, language: Language
) -> ResourceList:
    """A page of resources in the caller's sight; blocking. Raises BadCursor."""
    sight = visibility_of(caller)
    found, following = context.reader.known_resources(sight, code, cursor)
    entries = context.reader.submitted_entries(sight) if code is None and cursor is None else ()
    return ResourceList(
        items=[_resource(each, language) for each in found],
        entries=[_entry(each, language) for each in entries],
        next=following,
    )


def _resource(found: KnownResource, language: Language) -> KnownResourceOut:
    class_, said = _class(found.sharing_class, language)
    return KnownResourceOut(
        code=found.resource_code,
        name=found.resource_name,
        provider={"code": found.provider_code, "name": found.provider_name},
        sharing_class=class_,
        sharing_class_label=said,
        statute=found.statute,
        procedure=found.procedure,
        request_id=found.request_id,
        filed_at=found.filed_at,
    )


def _entry(found: SubmittedEntry, language: Language) -> CatalogueEntryOut:
    class_, said = _class(found.sharing_class, language)
    return CatalogueEntryOut(
        code=found.code,
        name=found.name,
        provider={"code": found.provider_code, "name": found.provider_name},
        sharing_class=class_,
        sharing_class_label=said,
        statute=found.statute,
        request_id=found.request_id,
        submitted_at=found.at,
        published=found.outcome == Outcome.UPDATED,
    )


def _class(word: str | None, language: Language) -> tuple[SharingClass | None, str | None]:
    known = words("sharing_class")
    if word is None or word not in known:
        return None, None
    return SharingClass(word), known[word][language]
