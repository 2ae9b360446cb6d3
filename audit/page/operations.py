"""What those who run the engine did about the case (运维操作): it stands apart, for none of it decides anything."""

from audit.dossier.contents import ACTS
from audit.page.cover import heading, number_of
from audit.page.facts import MOST_TOLD, CaseFacts
from audit.page.markup import Content, Html, both, el, fixed, pairs, said
from audit.page.told import fields, operator, time_of
from domain.log.acts import OperatorAct


def operations(facts: CaseFacts) -> Html | None:
    """Every act in its order; nothing where there is none."""
    if not facts.operator_acts:
        return None
    told = facts.operator_acts[:MOST_TOLD]
    left_out = len(told) < len(facts.operator_acts)
    more = el("p", fixed("not_all", shown=MOST_TOLD, file=ACTS), cls="note") if left_out else None
    note = el("p", fixed("no_decision"), cls="note")
    articles = [_act(act, place) for place, act in enumerate(told, start=1)]
    return el("section", heading("operations"), note, "\n", articles, more)


def _act(act: OperatorAct, place: int) -> Html:
    rows: list[tuple[Content, Content]] = [
        (fixed("act_number"), act.number),
        (fixed("at"), time_of(act.at)),
        (fixed("by"), operator(act.by)),
        (fixed("done_to"), el("span", said(act.target), cls="code")),
        (fixed("reason"), fixed("nothing") if act.reason is None else said(act.reason)),
    ]
    if act.details:
        rows.append((fixed("told"), fields(act.details)))
    rows.append((fixed("digest"), el("span", act.digest, cls="digest")))
    title = el("h3", f"{number_of('operations')}-{place} ", both("act", act.kind))
    return el("article", title, pairs(rows), id=f"o{place}")
