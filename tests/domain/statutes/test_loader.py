"""Reading statute files: what is refused, how it is said, and what a digest names."""

import hashlib
import json

import pytest

from domain.statutes.loader import (
    StatuteError,
    UnknownStatute,
    digest,
    get_statute,
    load_statute,
    packaged_statutes,
    packaged_texts,
)

CS, NT, CZ, LAW = "changshu-2019.yaml", "nantong-2020.yaml", "changzhou-2018.yaml", "cn-809-2025.yaml"
TEXTS = dict(packaged_texts())


def edited(name: str, old: str, new: str) -> str:
    """A packaged file with one edit, which must apply exactly where it is meant to: at the first place."""
    assert old in TEXTS[name]
    return TEXTS[name].replace(old, new, 1)


def cut(name: str, first: str, upto: str) -> tuple[str, str]:
    """The part of a packaged file from ``first`` up to ``upto``, and nothing in its place."""
    text = TEXTS[name]
    start = text.index(first)
    return text[start : text.index(upto, start) if upto else len(text)], ""


WRONG = {
    "not yaml": (CS, "title:", "title: [", "", "not valid YAML"),
    "key twice": (CS, "status: in_force", "status: in_force\nstatus: draft", "status", "second time"),
    "unknown key": (CS, "amount: 5", "amout: 5", "limits[0].amout", "amount was probably meant"),
    "missing key": (CS, "status: in_force\n", "", "status", "is missing"),
    "number as text": (CS, "amount: 5", 'amount: "5"', "limits[0].amount", "must be a whole number"),
    "zero days": (CS, "amount: 5", "amount: 0", "limits[0].amount", "must be at least 1, not 0"),
    "unknown unit": (CS, "unit: working_day", "unit: week", "limits[0].unit", "working_day, month or day"),
    "article as number": (CS, 'article: "4"', "article: 4", "bodies.bureau.clause.article", "must be text"),
    "article in words": (CS, 'article: "4"', "article: 第四条", "bodies.bureau.clause.article", "must match"),
    "short quote": (CS, "quote: 必要时由领导小组协调解决", "quote: 必要", "last.clause.quote", "at least 4"),
    "wrong date": (CS, "issued_on: 2019-05-22", "issued_on: 2019-02-30", "issued_on", "must be a date"),
    "unknown role": (CS, "  platform:", "  platfrom:", "bodies.platfrom", "must be requester"),
    "bool as number": (
        CS,
        "negotiation_first: true",
        "negotiation_first: 1",
        "coordination.negotiation_first",
        "true or false",
    ),
    "other id": (CS, "id: changshu-2019", "id: changshu-2020", "id", "must be the file's name"),
    "class without a name": (CS, *cut(CS, "  not_shared:", "filing:"), "classes.not_shared", "is missing"),
    "class without a route": (LAW, *cut(LAW, "  - sharing_class: not_shared", "limits:"), "routes", "least 3"),
    "only other routes": (
        CS,
        "- sharing_class: not_shared",
        "- sharing_class: conditional",
        "routes",
        "none for the class not_shared",
    ),
    "two routes": (
        NT,
        "    authorization: provider\n",
        "    authorization: platform\n",
        "routes[1]",
        "is a second route for the class unconditional",
    ),
    "route for one authorization": (
        CS,
        "- sharing_class: conditional\n",
        "- sharing_class: conditional\n    authorization: provider\n",
        "routes[1]",
        "leaves the authorization platform",
    ),
    "check that leads nowhere": (NT, "    then: platform_authorization\n", "", "routes[0].then", "is missing"),
    "then without check": (
        CS,
        "opens: provider_answer",
        "opens: provider_answer\n    then: provider_answer",
        "routes[1].then",
        "stands only where",
    ),
    "stage without limit": (
        CS,
        "- clock: provider_answer",
        "- clock: delivery",
        "routes[1]",
        "limits have none for it and the class conditional",
    ),
    "class without limit": (
        CS,
        "- clock: provider_answer",
        "- clock: provider_answer\n    sharing_class: not_shared",
        "routes[1]",
        "leads to provider_answer",
    ),
    "check without limit": (NT, *cut(NT, "  - clock: comp", "  - clock: plat"), "routes[0]", "completeness_check"),
    "limit twice": (
        LAW,
        "    sharing_class: conditional\n    amount",
        "    sharing_class: unconditional\n    amount",
        "limits[1]",
        "is a second limit for the clock provider_answer and the class unconditional",
    ),
    "limit of each case": (
        NT,
        "- clock: unused_access",
        "- clock: grant_term",
        "limits[6].clock",
        "is grant_term, which is set in each case and by no text",
    ),
    "no platform refusal": (NT, *cut(NT, "platform_refusal:", "supplement:"), "routes[0]", "platform_refusal is"),
    "coordination without body": (CS, *cut(CS, "  bureau:", "  leading_"), "coordination.by", "needs bureau"),
    "last without body": (CS, *cut(CS, "  leading_group:", "  platform:"), "last.by", "needs leading_group"),
    "provincial without body": (
        CZ,
        *cut(CZ, "  leading_group:", "  government:"),
        "coordination.provincial.by",
        "needs leading_group",
    ),
    "check without body": (NT, *cut(NT, "  bureau:", "  platform:"), "routes[0]", "needs bureau"),
    "supplement by bureau": (CS, "by: provider", "by: bureau", "supplement.by", "cannot be bureau"),
    "supplement by provider": (NT, "by: bureau", "by: provider", "supplement.by", "cannot be provider"),
    "decline without check": (LAW, "allowed: false", "allowed: true", "decline.allowed", "cannot be true"),
    "last without coordination": (CS, *cut(CS, "coordination:", "last:"), "last", "without coordination"),
    "dispute without last": (LAW, *cut(LAW, "last:", "rectification:"), "access.dispute", "leads nowhere"),
    "end disputed without last": (LAW, *cut(LAW, "last:", "\ncatalogue:"), "withdrawal.dispute", "leads nowhere"),
    "bureau as final instance": (CS, "by: leading_group", "by: bureau", "last.by", "cannot be bureau"),
    "one party alone": (CS, "[requester, provider]", "[requester, bureau]", "negotiation.parties", "contain provider"),
    "party twice": (
        CS,
        "[requester, provider]",
        "[requester, provider, provider]",
        "negotiation.parties[2]",
        "names provider a second time",
    ),
    "auditor as party": (
        CS,
        "[requester, provider]",
        "[requester, provider, auditor]",
        "negotiation.parties[2]",
        "cannot be auditor",
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "path", "reason"), WRONG.values(), ids=WRONG.keys())
def test_wrong_file_is_refused_in_one_sentence(name: str, old: str, new: str, path: str, reason: str) -> None:
    with pytest.raises(StatuteError) as caught:
        load_statute(edited(name, old, new), name)
    message = str(caught.value)
    assert message.startswith(f"{name}, line ")
    assert not path or f": {path} " in message or f" “{path}” " in message
    assert reason in message
    assert message.endswith(".")
    assert "\n" not in message


def test_the_line_named_is_the_line_of_the_mistake() -> None:
    text = edited(CS, "amount: 5", "amount: 0")
    line = text[: text.index("amount: 0")].count("\n") + 1
    with pytest.raises(StatuteError, match=f"^changshu-2019.yaml, line {line}: limits"):
        load_statute(text, CS)


@pytest.mark.parametrize("name", TEXTS)
def test_every_packaged_file_loads_and_is_what_get_statute_gives(name: str) -> None:
    statute = load_statute(TEXTS[name], name)
    assert get_statute(name.removesuffix(".yaml")) == statute


def test_the_folder_of_the_file_does_not_matter() -> None:
    assert load_statute(TEXTS[CS], f"/some/where/{CS}").id == "changshu-2019"


def test_unknown_statute_names_the_known_ones() -> None:
    with pytest.raises(UnknownStatute) as caught:
        get_statute("beijing-\n2020")
    message = str(caught.value)
    assert "beijing- 2020" in message
    assert all(x in message for x in packaged_statutes())
    assert "\n" not in message


def test_packaged_statutes_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        packaged_statutes()["x"] = get_statute("yima-2021")  # type: ignore[index]


def test_digest_is_sm3_over_canonical_json() -> None:
    statute = get_statute("nantong-2020")
    content = json.dumps(
        json.loads(statute.model_dump_json()), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert digest(statute) == hashlib.new("sm3", content.encode("utf-8")).hexdigest()


def test_digest_names_content_and_not_layout() -> None:
    original = digest(get_statute("changshu-2019"))
    moved = edited(CS, "status: in_force\n", "") + "\n# moved\nstatus: in_force\n"
    assert digest(load_statute(moved, CS)) == original
    assert digest(load_statute(edited(CS, "amount: 5", "amount: 6"), CS)) != original
    assert len({digest(x) for x in packaged_statutes().values()}) == len(packaged_statutes())
