"""Overlays: what is merged, and which overlays are refused, each with one sentence."""

from collections.abc import Mapping

import pytest

from domain.clocks import ClockId
from domain.statutes.loader import (
    StatuteError,
    digest,
    get_statute,
    load_overlay,
    packaged_overlay_texts,
    packaged_overlays,
    packaged_statutes,
)
from domain.statutes.model import Statute
from domain.words import SharingClass

TEXTS = dict(packaged_overlay_texts())
OF_A_REQUEST = (ClockId.COMPLETENESS_CHECK, ClockId.PLATFORM_AUTHORIZATION, ClockId.PROVIDER_ANSWER, ClockId.DELIVERY)
BEYOND = ("demand", "access", "correction", "rectification", "withdrawal", "catalogue", "duties")
CONDITIONAL, UNCONDITIONAL = SharingClass.CONDITIONAL, SharingClass.UNCONDITIONAL

# The digests of the statutes as they stood in every filing before there were overlays; those of cn-809-2025 and
# yima-2021 with the way of a dispute over granted conditions, which their texts open too.
BEFORE: Mapping[str, str] = {
    "changshu-2019": "6060d15b866a8fa859afe9f91bb741c187f7e3c36f5518b2280cbb9de69473d3",
    "changzhou-2018": "1d45d618abd4733ce7f881fa93c926320e3abad77c6345ccd9944144b5b30866",
    "cn-809-2025": "452aa4b70caf40ce14eb3fe112478b88665d950ffd478db8589d3d97cca96e20",
    "nantong-2020": "54d0911d4d6bf57e44d763e1af9f95966d9ddd1dc28a5cc93a00c533a81a389f",
    "yima-2021": "dc0c29923fe8e1da819b65044a07ca1bf686670220d4dd417a4532f563791606",
    "zhejiang-2014": "2c5e4aed3dbb180f0d1be5e87207ef109219231ac01a8189e36a1c1bf93fa012",
}

WHY = "    why: {zh: 试验, en: a trial}\n"


@pytest.mark.parametrize("statute_id", BEFORE)
def test_a_statute_that_stood_alone_keeps_its_digest(statute_id: str) -> None:
    assert digest(_of_the_request_alone(get_statute(statute_id))) == BEFORE[statute_id]


def _of_the_request_alone(statute: Statute) -> Statute:
    """A statute as it was written before it had more than the request."""
    kept = tuple(limit for limit in statute.limits if limit.clock in OF_A_REQUEST)
    filing = statute.filing.model_copy(update={"declares": ()})
    since = {"further_sources": (), "taken_from": None, "answer_consent": None, "filing": filing}
    return statute.model_copy(update={"limits": kept, **since, **dict.fromkeys(BEYOND)})


@pytest.mark.parametrize("name", TEXTS)
def test_every_packaged_overlay_loads_and_is_what_get_statute_gives(name: str) -> None:
    overlaid = load_overlay(TEXTS[name], name)
    assert overlaid.statute == get_statute(name.removesuffix(".yaml"))
    assert packaged_statutes()[overlaid.statute.id] == overlaid.statute


@pytest.mark.parametrize("name", TEXTS)
def test_a_merged_statute_reads_back_as_it_was_written(name: str) -> None:
    statute = get_statute(name.removesuffix(".yaml"))
    assert type(statute).model_validate(statute.model_dump(mode="json")) == statute


@pytest.mark.parametrize("name", TEXTS)
def test_everything_that_differs_from_the_local_text_is_accounted_for(name: str) -> None:
    overlaid = packaged_overlays()[name.removesuffix(".yaml")]
    local, merged = (x.model_dump(mode="json") for x in (overlaid.local, overlaid.statute))
    about = {"id", "in_force_from", "regulations", "earlier"}
    differing = {part for part in merged if merged[part] != local.get(part)} - about
    told = {row.part.split(".")[0] for row in overlaid.standings if row.how != "stays"}
    assert differing <= told
    assert all(row.why.zh and row.why.en for row in overlaid.standings)


def test_an_account_has_both_sources() -> None:
    rows = {row.part: row for row in packaged_overlays()["nantong-2020+809"].standings if row.how == "replaces"}
    row = rows["limits.platform_authorization.unconditional"]
    assert row.stands is not None
    assert row.instead_of is not None
    assert (row.stands.regulation, row.stands.clause.article, row.stands.amount) == ("cn-809-2025", "21", 1)
    assert (row.instead_of.regulation, row.instead_of.clause.article, row.instead_of.amount) == (
        "nantong-2020",
        "23",
        2,
    )
    refusal = rows["refusal"].stands
    assert refusal is not None
    assert (refusal.regulation, refusal.clause.article) == ("jiangsu-data-2025", "33")


def overlay(changes: str, local: str = "changshu-2019+jiangsu", upper: str = "cn-809-2025") -> str:
    """An overlay of one's own over a packaged text."""
    return (
        f"id: {local.partition('+')[0]}+own\nlocal: {local}\nupper: {upper}\n"
        f"in_force_from: 2025-08-01\nchanges:\n{changes}"
    )


GATE = f"  - part: filing.secret_data_excluded\n    how: replaces\n{WHY}"
LAST = f"  - part: last\n    how: replaces\n{WHY}"
CLAUSE = '{article: "21", paragraph: 1, quote: 延长的期限最长不得超过10个工作日}'


def refused(text: str) -> str:
    """The sentence with which an overlay is refused."""
    name = text.split("\n")[0].removeprefix("id: ") + ".yaml"
    with pytest.raises(StatuteError) as error:
        load_overlay(text, name)
    sentence = str(error.value)
    assert sentence.startswith(f"{name}, line ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def test_the_smallest_overlay_of_changshu() -> None:
    statute = load_overlay(overlay(GATE + LAST), "changshu-2019+own.yaml").statute
    delivery = statute.limit(ClockId.DELIVERY, CONDITIONAL)
    assert delivery is not None
    assert (delivery.amount, delivery.clause.statute) == (20, "cn-809-2025")
    # Granted on filing: no answer is awaited, so no limit for one is taken over.
    assert all(x.sharing_class is None for x in statute.limits)


@pytest.mark.parametrize(
    ("changes", "line", "says"),
    [
        (LAST, 5, "filing.secret_data_excluded is the local gate"),
        (GATE, 5, "last is final_instance by leading_group, where government decides last"),
        (
            GATE + LAST + f"  - part: decline\n    how: adds\n    value: {{allowed: true, clause: {CLAUSE}}}\n{WHY}",
            12,
            "makes no statute: decline.allowed cannot be true",
        ),
        (
            GATE
            + LAST
            + "  - part: extension\n    how: adds\n"
            + f"    value: {{sharing_class: conditional, at_most: 15, unit: working_day, clause: {CLAUSE}}}\n{WHY}",
            12,
            "extension.at_most is 15, more than 10",
        ),
        (
            GATE
            + LAST
            + "  - part: extension\n    how: adds\n"
            + f"    value: {{at_most: 10, unit: working_day, clause: {CLAUSE}}}\n{WHY}",
            12,
            "extension.sharing_class is not conditional",
        ),
        (
            GATE
            + LAST
            + "  - part: limits.delivery\n    how: adds\n"
            + f"    value: {{clock: delivery, amount: 30, unit: working_day, clause: {CLAUSE}}}\n{WHY}",
            12,
            "limits.delivery.unconditional is 30 working_day, longer than 20 working_day",
        ),
        (
            GATE
            + LAST
            + "  - part: limits.delivery\n    how: adds\n"
            + f"    value: {{clock: delivery, amount: 1, unit: month, clause: {CLAUSE}}}\n{WHY}",
            12,
            "limits.delivery.unconditional is counted in month, above in working_day: they cannot be compared",
        ),
        (
            GATE + LAST + f"  - part: limits.provider_answer.conditional\n    how: replaces\n{WHY}",
            12,
            "would be longer than the local limit, which stays",
        ),
        (
            GATE + LAST + f"  - part: coordination\n    how: gives_way\n    to: negotiation\n{WHY}",
            9,
            "makes no statute: last stands without coordination",
        ),
        (
            GATE + LAST + f"  - part: coordination.negotiation_first\n    how: replaces\n    value: false\n{WHY}",
            12,
            "coordination.negotiation_first is false, where negotiation must come first",
        ),
        (
            GATE
            + "  - part: last\n    how: replaces\n"
            + f"    value: {{step: final_instance, by: government, necessity: true, clause: {CLAUSE}}}\n{WHY}",
            9,
            "last.necessity is true",
        ),
        (
            GATE + "  - part: last\n    how: gives_way\n    to: coordination\n" + WHY,
            9,
            "last is gone",
        ),
        (f"  - part: appeal\n    how: adds\n{WHY}", 6, "“appeal” is no part of a statute"),
        (f"  - part: last.whom\n    how: adds\n{WHY}", 6, "“last.whom” is no part of a statute"),
        (f"  - part: limits.patience\n    how: adds\n{WHY}", 6, "“limits.patience” is no part of a statute"),
        (f"  - part: limits.delivery.secret\n    how: adds\n{WHY}", 6, "is no part of a statute"),
        (f"  - part: regulations.x\n    how: adds\n{WHY}", 6, "is no part of a statute"),
        (f"  - part: platform_refusal\n    how: adds\n{WHY}", 6, "“platform_refusal” is no part of cn-809-2025"),
        (
            f"  - part: last\n    how: replaces\n    take: final\n{WHY}",
            8,
            "“final” is no part of cn-809-2025",
        ),
        (f"  - part: last\n    how: adds\n{WHY}", 7, "cannot be adds: the local text has last"),
        (f"  - part: extension\n    how: replaces\n{WHY}", 7, "cannot be replaces: the local text has no extension"),
        (f"  - part: last\n    how: gives_way\n{WHY}", 7, "is gives_way, but to does not name"),
        (f"  - part: last\n    how: replaces\n    to: coordination\n{WHY}", 8, "stands only where how is gives_way"),
        (
            f"  - part: catalogue.bases\n    how: replaces\n    cite: gossip\n{WHY}",
            8,
            "“gossip” is no part of cn-809-2025",
        ),
        (LAST + LAST, 9, "“last” is changed a second time"),
        ("  - part: last\n    how: replaces\n", 6, "changes[0].why is missing"),
        ("  - part: last\n    how: replaces\n    why: {zh: 试验}\n", 8, "changes[0].why.en is missing"),
        (f"  - part: last\n    how: weakens\n{WHY}", 7, "changes[0].how must be"),
    ],
)
def test_an_overlay_that_weakens_or_names_nothing_is_refused(changes: str, line: int, says: str) -> None:
    sentence = refused(overlay(changes))
    assert says in sentence
    assert f", line {line}:" in sentence


def test_a_decline_that_the_national_regulation_forbids_cannot_stay() -> None:
    nantong = TEXTS["nantong-2020+809.yaml"].replace("nantong-2020+809", "nantong-2020+own")
    start = nantong.index("  - part: decline")
    without = nantong[:start] + nantong[nantong.index("  - part: coordination\n") :]
    assert "weakens cn-809-2025: decline.allowed is true" in refused("id: " + without.split("id: ", 1)[1])


def _nantong_without(part: str) -> str:
    """The sentence with which Nantong's overlay is refused when one of its changes is left out."""
    text = TEXTS["nantong-2020+809.yaml"].replace("nantong-2020+809", "nantong-2020+own")
    start = text.index(f"  - part: {part}\n")
    end = text.index("  - part: ", start + 1)
    return refused("id: " + (text[:start] + text[end:]).split("id: ", 1)[1])


@pytest.mark.parametrize(
    ("part", "weak"),
    [
        ("limits.platform_authorization.unconditional.from_filing", "is not bound by 1 working_day from the filing"),
        ("limits.platform_authorization.conditional.overall", "is not bound by 10 working_day from the filing"),
        ("catalogue.bases", "accept local_regulation, which is no basis above"),
    ],
)
def test_what_the_national_regulation_binds_in_nantong_cannot_be_left_out(part: str, weak: str) -> None:
    assert weak in _nantong_without(part)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("overall\n    how: replaces\n    take: limits.provider_answer.conditional\n", "must be adds"),
        ("whole\n    how: adds\n    value: true\n", "is no part of a limit"),
    ],
)
def test_a_part_of_a_limit_is_added_and_is_one_that_limits_have(change: str, says: str) -> None:
    text = f"  - part: limits.provider_answer.conditional.{change}{WHY}"
    assert says in refused(overlay(text))


def test_a_part_that_gives_way_twice_is_told_once_with_what_the_local_text_had() -> None:
    standings = packaged_overlays()["changshu-2019+809"].standings
    told = [row for row in standings if row.part == "catalogue.bases" and row.how != "stays"]
    assert [row.stands and row.stands.regulation for row in told] == ["cn-809-2025"]
    assert [row.instead_of and row.instead_of.regulation for row in told] == ["changshu-2019"]


def test_a_basis_that_jiangsu_asks_for_cannot_be_left_out() -> None:
    changes = f"  - part: refusal\n    how: replaces\n{WHY}"
    sentence = refused(overlay(changes, "nantong-2020", "jiangsu-data-2025"))
    assert "weakens jiangsu-data-2025: platform_refusal.legal_basis is false" in sentence


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("local: changshu-2019+jiangsu", "local: suzhou-2019", "there is no “suzhou-2019”"),
        ("local: changshu-2019+jiangsu", "local: yima-2021", "must begin with the id of its local text, yima-2021"),
        ("upper: cn-809-2025", "upper: cn-51-2016", "names no regulation: there is no “cn-51-2016”"),
        ("in_force_from: 2025-08-01", "in_force_from: soon", "in_force_from"),
        ("in_force_from: 2025-08-01\n", "", "in_force_from is missing"),
    ],
)
def test_an_overlay_of_nothing_is_refused(old: str, new: str, says: str) -> None:
    text = overlay(GATE + LAST)
    assert old in text
    assert says in refused(text.replace(old, new))


def test_an_overlay_is_called_as_its_file() -> None:
    with pytest.raises(StatuteError, match="must be the file's name without its ending"):
        load_overlay(overlay(GATE + LAST), "changshu-2019+809.yaml")


def test_a_shorter_local_limit_stays_and_a_longer_one_gives_way() -> None:
    nantong = get_statute("nantong-2020+809")
    kept = nantong.limit(ClockId.PLATFORM_AUTHORIZATION, CONDITIONAL)
    given = nantong.limit(ClockId.PROVIDER_ANSWER, UNCONDITIONAL)
    assert kept is not None
    assert given is not None
    assert (kept.amount, kept.clause.statute) == (2, None)
    assert (given.amount, given.clause.statute) == (1, "cn-809-2025")


# Limits of all shapes: statutes with other limits than the packaged ones, merged without a file


@pytest.mark.parametrize("statute_id", [name for name in packaged_statutes() if name.endswith("+809")])
def test_the_catalogue_under_the_national_regulation_is_no_laxer(statute_id: str) -> None:
    own, above = packaged_statutes()[statute_id].catalogue, packaged_statutes()["cn-809-2025"].catalogue
    assert own is not None
    assert above is not None
    assert own.not_shared_basis is not None
    assert set(own.bases) <= set(above.bases)
    assert set(own.triggers) >= set(above.triggers)
    assert own.conditional is not None
    assert set(own.conditional_states) >= set(above.conditional_states)
    assert own.review is not None
    assert own.extension is not None
    assert above.extension is not None
    assert own.extension.at_most <= above.extension.at_most


def test_a_part_without_a_clause_is_cited_as_the_file_says() -> None:
    overlaid = load_overlay(TEXTS["nantong-2020+809.yaml"], "nantong-2020+809.yaml")
    found = {row.part: (row.stands, row.instead_of) for row in overlaid.standings}
    for part, article, local in (("catalogue.bases", "15", "8"), ("catalogue.conditional_states", "15", "8")):
        stands, instead_of = found[part]
        assert stands is not None
        assert instead_of is not None
        assert (stands.regulation, stands.clause.article) == ("cn-809-2025", article)
        assert (instead_of.regulation, instead_of.clause.article) == ("nantong-2020", local)
