"""The papers, the other cases, and what proves the record (台账与存证)."""

from collections.abc import Collection, Sequence

from audit.dossier.contents import MANIFEST
from audit.dossier.documents import IndexedPaper
from audit.dossier.let_go import papers_let_go
from audit.page.cover import heading
from audit.page.facts import MOST_TOLD, CaseFacts
from audit.page.markup import Content, Html, both, el, fixed, pairs, said, table, together
from audit.page.told import time_of, who
from domain.log.checkpoints import checkpoint_in
from domain.log.notes import NoteWrong, read_note
from domain.messages import event_word


def papers(facts: CaseFacts) -> Html:
    """Every paper that the case names, with its digest and whether it is in the dossier."""
    if not facts.index.papers:
        return el("section", heading("papers"), el("p", fixed("no_papers")))
    gone = papers_let_go(facts.operator_acts)
    head = [fixed(word) for word in ("paper", "named_by", "sealed", "digest", "held")]
    rows: list[Sequence[Content]] = [
        [
            said(paper.name),
            el("a", str(paper.event), href=f"#e{paper.event}"),
            fixed("yes" if paper.sealed else "no"),
            el("span", paper.sha256, cls="digest") if paper.sha256 else fixed("nothing"),
            fixed("let_go_elsewhere", act=paper.disposed_by) if paper.disposed_by else fixed(_where(paper, gone)),
        ]
        for paper in facts.index.papers
    ]
    return el("section", heading("papers"), table(head, rows))


def _where(paper: IndexedPaper, gone: Collection[str]) -> str:
    """Where the bytes of a paper are, by its word in the catalogue."""
    if paper.held:
        return "yes"
    if paper.sha256 in gone:
        return "let_go"
    return "lost" if paper.lost else "no"


def related(facts: CaseFacts) -> Html:
    """The cases that this one opened, came from, told or is about."""
    if not facts.index.cases:
        return el("section", heading("related"), el("p", fixed("no_related")))
    head = [fixed(word) for word in ("number", "relation", "named_by")]
    rows: list[Sequence[Content]] = [
        [el("span", said(case.request_id), cls="code"), both("related_as", case.relation), case.event]
        for case in facts.index.cases
    ]
    return el("section", heading("related"), table(head, rows))


def record(facts: CaseFacts) -> Html:
    """The chain, the checkpoint, every event with its digest, and the other files of the dossier with theirs."""
    first, last = facts.events[0], facts.events[-1]
    rows: list[tuple[Content, Content]] = [
        (fixed("chain"), fixed("chain_of", number=last.seq, algorithm=facts.algorithm.upper())),
        (fixed("first_digest"), el("span", first.digest, cls="digest")),
        (fixed("head_digest"), el("span", last.digest, cls="digest")),
        *_checkpoint(facts),
    ]
    return el(
        "section",
        heading("record"),
        pairs(rows),
        el("h3", fixed("events")),
        _events(facts),
        el("h3", fixed("files")),
        _files(facts),
        el("p", fixed("how_to_check"), cls="note"),
    )


def _checkpoint(facts: CaseFacts) -> list[tuple[Content, Content]]:
    if facts.proof is None:
        return [(fixed("checkpoint"), fixed("no_checkpoint"))]
    try:
        found = checkpoint_in(read_note(facts.proof.checkpoint))
    except NoteWrong:
        return [(fixed("checkpoint"), fixed("unreadable_checkpoint"))]
    roots: list[Content] = [el("span", f"SHA-256 {found.root.hex()}", cls="digest")]
    if found.sm3_root is not None:
        roots += [el("br"), el("span", f"SM3 {found.sm3_root.hex()}", cls="digest")]
    return [
        (fixed("checkpoint"), [said(found.origin), " ", fixed("so_many_entries", number=found.size)]),
        (fixed("checkpoint_at"), time_of(found.at) if found.at else fixed("nothing")),
        (fixed("roots"), roots),
        (fixed("proved"), fixed("so_many_events", number=len(facts.proof.events))),
    ]


def _events(facts: CaseFacts) -> Html:
    head = [fixed(word) for word in ("seq", "at", "event", "by", "digest")]
    rows: list[Sequence[Content]] = [
        [
            event.seq,
            time_of(event.at),
            both(*event_word(event.type, event.data)),
            who(facts, event.actor),
            el("span", event.digest, cls="digest"),
        ]
        for event in facts.events[:MOST_TOLD]
    ]
    return table(head, rows, "events")


def _files(facts: CaseFacts) -> Html:
    head: list[Content] = [fixed("file"), fixed("bytes"), "SHA-256"]
    rows: list[Sequence[Content]] = [
        [el("span", file.name, cls="code"), file.bytes, el("span", file.sha256, cls="digest")] for file in facts.files
    ]
    return together(table(head, rows, "files"), el("p", fixed("not_listed", manifest=MANIFEST), cls="note"))
