"""The words in which situations are told: who may do what, what others are told, and the ways there."""

ALWAYS = "withdraw:requester urge:bureau "
ANSWER = ALWAYS + "grant:provider refuse:provider "
REFER = "refer:requester refer:bureau "
TABLE_OF_TWO = "propose:requester propose:provider "
IMPASSE_OF_TWO = "declare_impasse:requester declare_impasse:provider "
TABLE_OF_THREE = TABLE_OF_TWO + "propose:bureau "
IMPASSE_OF_THREE = IMPASSE_OF_TWO + "declare_impasse:bureau "


def told(code: str, who: str) -> dict[str, str]:
    """The same code for each ``command:role``."""
    return dict.fromkeys(who.split(), code)


NOT_BEFORE_SILENCE = told("wrong_stage", "refer:requester refer:bureau open_negotiation:requester")
COORDINATED_SILENCE = told("wrong_stage", "open_negotiation:requester")
NEGOTIATE_FIRST = told("negotiation_must_come_first", REFER)
NOTHING_PROPOSED = told("wrong_stage", "agree:requester agree:provider")
TWICE = told("wrong_stage", IMPASSE_OF_TWO)
UNFINISHED = told("wrong_stage", "adjudicate:bureau refer_final:bureau")
CONCLUDED = told("wrong_stage", "conclude_coordination:bureau")
NO_SUCH_WAIT = {
    **told("wrong_stage", "approve_extension:bureau deny_extension:bureau"),
    **told("extension_needs_consent", "approve_extension:provider"),
}
AWAITED = {
    **told("wrong_stage", "request_extension:provider"),
    **told("extension_needs_consent", "approve_extension:provider"),
}
TO_NEGOTIATION = ("refuse:provider", "open_negotiation:requester")
TO_COORDINATION = (*TO_NEGOTIATION, "declare_impasse:provider", "refer:requester")
TO_NO_AGREEMENT = (*TO_COORDINATION, "conclude_coordination:bureau")
TO_FINAL = (*TO_NO_AGREEMENT, "refer_final:bureau")
