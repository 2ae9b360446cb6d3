"""What those who run the engine did (运维操作), for those who watch over them."""

import asyncio

from fastapi import Response

from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit, require_role
from api.guarded import Guarded
from api.http.responses import answer
from api.operator_acts.schemas import ActingOut, OperatorActOut, OperatorActPage
from domain.log.act_words import told_of_target
from domain.log.acts import OperatorAct
from domain.messages import Language, words
from domain.words import Role

WATCHERS = (Role.AUDITOR, Role.OPERATOR)
"""Who reads what operators did."""

router = Guarded("/v1/operator-acts", "operator_acts")


@router.get("", response_model=OperatorActPage, summary="What those who run the engine did")
async def list_(
    context: ContextIn, caller: CallerIn, language: LanguageIn, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """The newest first, each chained to the one before and covered by the checkpoints. For auditors and operators."""
    require_role(caller, WATCHERS)
    page, following = await asyncio.to_thread(context.reader.all_acts, cursor, limit)
    return answer(OperatorActPage(items=[act_out(act, language) for act in page], next=following), language)


def act_out(act: OperatorAct, language: Language) -> OperatorActOut:
    """An act as it is recorded, with its kind in words."""
    names = ("number", "at", "kind", "target", "request_id", "reason", "prev", "digest")
    known = words("act").get(act.kind)
    return OperatorActOut(
        **{name: getattr(act, name) for name in names},
        target_label=told_of_target(act.target, language),
        kind_label=known[language] if known else act.kind,
        by=ActingOut(subject=act.by.subject, org=act.by.org, roles=list(act.by.roles)),
        details=dict(act.details),
    )
