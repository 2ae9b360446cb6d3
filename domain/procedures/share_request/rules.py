"""The book of a share request's rules; ``answering``, ``dispute`` and ``ending`` write in it."""

from domain.engine.rules import RuleBook
from domain.procedures.share_request.case import ShareRequestCase
from domain.words import Stage

RULES: RuleBook[ShareRequestCase] = RuleBook()
"""Every command of a share request."""

command = RULES.command

OPEN_STAGES = (
    Stage.COMPLETENESS_CHECK,
    Stage.SUPPLEMENT,
    Stage.PLATFORM_AUTHORIZATION,
    Stage.PROVIDER_ANSWER,
    Stage.REFUSED,
    Stage.NEGOTIATION,
    Stage.COORDINATION,
    Stage.FINAL_INSTANCE,
    Stage.DELIVERY,
)
"""The stages of a share request in which something may still happen, in the order of the texts."""
