"""What a case names beside itself: its papers (材料), each by its digest, and the cases that it opened or came from.

``documents/index.json`` lists both, and says of each paper whether its bytes are in the dossier. Most papers are only
named: whoever keeps them can show by their digest that they are the ones.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import FailFast, ValidationError

from audit.dossier.contents import INDEX
from domain.codes import code_key
from domain.engine.filed import Document
from domain.engine.records import RecordedEvent
from domain.evidence import NotCanonical, canonical_json, plain
from domain.field_types import Sha256
from domain.model import Fixed
from domain.words import EventType

Relation = Literal["came_from", "opened", "told", "about"]
"""What another case is to this one: it opened it, was opened by it, was told something, or is what it is about."""


class NamedPaper(Fixed):
    """A paper as an event names it; ``sha256`` is None for one that is named without its digest.

    What was filed belongs to event 1.
    """

    event: int
    name: str
    sha256: Sha256 | None
    sealed: bool


_IF_ANY: Final = ("lost", "disposed_by")
"""What an entry of the index says only where it is so."""


class IndexedPaper(NamedPaper):
    """A paper of the index; ``held`` says that its bytes are in the dossier.

    ``lost``: it was brought to the engine and could not be had when the dossier was packed, as the packer says.
    ``disposed_by``: the number of the act on another case that disposed of it, as the packer says; those on this case
    are in the dossier.
    """

    held: bool
    lost: bool = False
    disposed_by: int | None = None


class RelatedCase(Fixed):
    """Another case, and the event that names it."""

    event: int
    relation: Relation
    request_id: str


class Index(Fixed):
    """The papers and the other cases that a case names, in the order of its events."""

    cases: Annotated[tuple[RelatedCase, ...], FailFast()]
    papers: Annotated[tuple[IndexedPaper, ...], FailFast()]

    def written(self) -> bytes:
        """As it stands in the dossier: what is not lost, or not disposed of, does not say so."""
        papers = [
            {name: value for name, value in plain(paper).items() if name not in _IF_ANY or value}
            for paper in self.papers
        ]
        return f"{canonical_json({'cases': plain(self.cases), 'papers': papers})}\n".encode()


def read_index(content: bytes) -> Index:
    """The index that was written. Raises ValueError for anything but its one form."""
    try:
        index = Index.model_validate_json(content)
        if index.written() == content:
            return index
    except (ValidationError, NotCanonical):
        pass
    raise ValueError(f"{INDEX} is not the index of a dossier, or not in its one form")


def index_of(
    application: Mapping[str, Any],
    events: Sequence[RecordedEvent],
    held: Iterable[str],
    lost: Iterable[str] = (),
    disposed_by: Mapping[str, int] = MappingProxyType({}),
) -> Index:
    """The index of a case; ``application`` is what was filed, ``held`` the digests of the papers that are packed.

    ``lost`` are those of papers that were brought and cannot be had, ``disposed_by`` has those of papers that acts on
    other cases disposed of, with the numbers of the acts.
    """
    there = frozenset(held)
    gone = frozenset(lost) - there
    papers = (
        IndexedPaper(
            **it.model_dump(),
            held=it.sha256 in there,
            lost=it.sha256 in gone,
            disposed_by=None if it.sha256 is None or it.sha256 in there | gone else disposed_by.get(it.sha256),
        )
        for it in papers_named(application, events)
    )
    return Index(cases=tuple(related_cases(application, events)), papers=tuple(papers))


def papers_named(application: Mapping[str, Any], events: Iterable[RecordedEvent]) -> Iterator[NamedPaper]:
    """Every paper that was filed, or that an event names, as often as it is named; what names none is passed over."""
    yield from _papers(1, application)
    for event in events:
        yield from _papers(event.seq, event.data)
        if event.type is EventType.CASE_OPENED:
            yield from _papers(event.seq, event.data.get("application"))


def entitled_to(
    application: Mapping[str, Any], events: Sequence[RecordedEvent], opened_for: str
) -> Mapping[str, frozenset[str]]:
    """For each digest that a case names, whose paper it may be: the codes of who named it there, and of who filed.

    ``opened_for`` has filed what nobody did: a case that another one opened. Whoever knows a digest can name it: a name
    alone gives nobody the paper of another department.
    """
    acted = {event.seq: event.actor.org for event in events}
    filer, found = events[0].actor.org or opened_for, dict[str, set[str]]()
    for paper in papers_named(application, events):
        if paper.sha256 is not None:
            named_by = acted.get(paper.event)
            found.setdefault(paper.sha256, set()).update(code_key(org) for org in (named_by, filer) if org)
    return {digest: frozenset(orgs) for digest, orgs in found.items()}


def _papers(event: int, said: Any) -> Iterator[NamedPaper]:
    listed = said.get("documents") if isinstance(said, Mapping) else None
    for paper in listed if isinstance(listed, list | tuple) else ():
        try:
            read = Document.model_validate(paper)
        except ValidationError:
            continue
        yield NamedPaper(event=event, name=read.name, sha256=read.sha256, sealed=read.sealed)


def related_cases(application: Mapping[str, Any], events: Sequence[RecordedEvent]) -> Iterator[RelatedCase]:
    """Every other case that this one names, once for each relation, in the order of the events."""
    seen = set[tuple[Relation, str]]()
    for event, relation, name in _cases_named(application, events):
        if isinstance(name, str) and name and (relation, name) not in seen:
            seen.add((relation, name))
            yield RelatedCase(event=event, relation=relation, request_id=name)


def _cases_named(
    application: Mapping[str, Any], events: Sequence[RecordedEvent]
) -> Iterator[tuple[int, Relation, Any]]:
    origin = application.get("origin")
    if events:
        yield 1, "came_from", events[0].data.get("opened_by")
    yield 1, "came_from", application.get("granted_by")
    yield 1, "about", application.get("disputes_grant")
    yield 1, "about", origin.get("request_id") if isinstance(origin, Mapping) else None
    for event in events:
        if event.type is EventType.CASE_OPENED:
            yield event.seq, "opened", event.data.get("request_id")
        elif event.type is EventType.CASE_TOLD:
            yield event.seq, "told", event.data.get("request_id")
