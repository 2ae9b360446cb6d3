"""The packaged statutes against the tables of routes and instances that users were promised."""

from datetime import date

import pytest

from domain.clocks import ClockId
from domain.statutes.clauses import clauses
from domain.statutes.loader import get_statute, packaged_statutes
from domain.statutes.model import Clause
from domain.words import Authorization, Role, SharingClass, Unit

IDS = ["changshu-2019", "changzhou-2018", "cn-809-2025", "nantong-2020", "yima-2021", "zhejiang-2014"]
U, C, N = SharingClass.UNCONDITIONAL, SharingClass.CONDITIONAL, SharingClass.NOT_SHARED
PROVIDER, PLATFORM = Authorization.PROVIDER, Authorization.PLATFORM
TWO = (Role.REQUESTER, Role.PROVIDER)


OVERLAID = [f"{x}+809" for x in IDS if x != "cn-809-2025"]
JIANGSU = [f"{x}+jiangsu" for x in ("changshu-2019", "changzhou-2018", "nantong-2020")]


def test_the_statutes_are_packaged_in_order() -> None:
    assert list(packaged_statutes()) == sorted([*IDS, *OVERLAID, *JIANGSU])


# statute, class, authorization of the resource, opens, then, working days of the timed stages
ROUTES = [
    ("changshu-2019", U, None, "granted", None, []),
    ("changshu-2019", C, None, "provider_answer", None, [5]),
    ("changshu-2019", N, None, "negotiation", None, []),
    ("yima-2021", U, None, "granted", None, []),
    ("yima-2021", C, None, "provider_answer", None, [5]),
    ("yima-2021", N, None, "negotiation", None, []),
    ("changzhou-2018", U, None, "granted", None, []),
    ("changzhou-2018", C, None, "provider_answer", None, [10]),
    ("changzhou-2018", N, None, "negotiation", None, []),
    ("nantong-2020", U, PLATFORM, "completeness_check", "platform_authorization", [1, 2]),
    ("nantong-2020", U, PROVIDER, "completeness_check", "provider_answer", [1, 10]),
    ("nantong-2020", C, PROVIDER, "completeness_check", "provider_answer", [1, 10]),
    ("nantong-2020", C, PLATFORM, "completeness_check", "platform_authorization", [1, 2]),
    ("nantong-2020", N, None, "completeness_check", "provider_answer", [1, 10]),
    ("nantong-2020", N, PLATFORM, "completeness_check", "provider_answer", [1, 10]),
    ("zhejiang-2014", U, None, "granted", None, []),
    ("zhejiang-2014", C, None, "provider_answer", None, [5]),
    ("zhejiang-2014", N, None, "refused", None, []),
    ("cn-809-2025", U, None, "provider_answer", None, [1]),
    ("cn-809-2025", C, None, "provider_answer", None, [10]),
    ("cn-809-2025", N, None, "refused", None, []),
    ("changshu-2019+809", U, None, "granted", None, []),
    ("changshu-2019+809", C, None, "provider_answer", None, [5]),
    ("changshu-2019+809", N, None, "negotiation", None, []),
    ("yima-2021+809", U, None, "granted", None, []),
    ("yima-2021+809", C, None, "provider_answer", None, [5]),
    ("yima-2021+809", N, None, "negotiation", None, []),
    ("changzhou-2018+809", U, None, "granted", None, []),
    ("changzhou-2018+809", C, None, "provider_answer", None, [10]),
    ("changzhou-2018+809", N, None, "negotiation", None, []),
    ("nantong-2020+809", U, PLATFORM, "completeness_check", "platform_authorization", [1, 1]),
    ("nantong-2020+809", U, PROVIDER, "completeness_check", "provider_answer", [1, 1]),
    ("nantong-2020+809", C, PROVIDER, "completeness_check", "provider_answer", [1, 10]),
    ("nantong-2020+809", C, PLATFORM, "completeness_check", "platform_authorization", [1, 2]),
    ("nantong-2020+809", N, None, "completeness_check", "provider_answer", [1, 10]),
    ("zhejiang-2014+809", U, None, "granted", None, []),
    ("zhejiang-2014+809", C, None, "provider_answer", None, [5]),
    ("zhejiang-2014+809", N, None, "refused", None, []),
]


@pytest.mark.parametrize(("statute_id", "sharing", "authorization", "opens", "then", "days"), ROUTES)
def test_route(
    statute_id: str,
    sharing: SharingClass,
    authorization: Authorization | None,
    opens: str,
    then: str | None,
    days: list[int],
) -> None:
    statute = get_statute(statute_id)
    route = statute.route(sharing, authorization)
    assert (route.opens, route.then) == (opens, then)
    stages = [x for x in (route.opens, route.then) if x in set(ClockId)]
    limits = [statute.limit(ClockId(x), sharing) for x in stages if x != "negotiation"]
    assert [x and (x.amount, x.unit) for x in limits] == [(x, Unit.WORKING_DAY) for x in days]


@pytest.mark.parametrize("statute_id", IDS)
def test_who_authorises_by_default(statute_id: str) -> None:
    statute = get_statute(statute_id)
    expected = (PLATFORM, PROVIDER, None) if statute_id == "nantong-2020" else (None, None, None)
    assert tuple(statute.default_authorization(x) for x in (U, C, N)) == expected


@pytest.mark.parametrize("statute_id", IDS)
def test_only_the_national_regulation_times_delivery_and_allows_an_extension(statute_id: str) -> None:
    statute = get_statute(statute_id)
    delivery = statute.limit(ClockId.DELIVERY, C)
    found = (delivery and delivery.amount, statute.extension and statute.extension.at_most)
    assert found == ((20, 10) if statute_id == "cn-809-2025" else (None, None))


# statute, parties, (coordination, negotiation first), (last step, by, necessity, article)
INSTANCES = [
    ("changshu-2019", TWO, True, ("final_instance", Role.LEADING_GROUP, True, "19")),
    ("yima-2021", TWO, True, ("adjudication", Role.BUREAU, False, "16")),
    ("changzhou-2018", TWO, True, None),
    ("nantong-2020", (*TWO, Role.BUREAU), None, None),
    ("zhejiang-2014", TWO, False, ("final_instance", Role.GOVERNMENT, True, "5")),
    ("cn-809-2025", TWO, True, ("final_instance", Role.GOVERNMENT, False, "28")),
    *[(x, TWO, True, ("final_instance", Role.GOVERNMENT, False, "28")) for x in OVERLAID if x != "nantong-2020+809"],
    ("nantong-2020+809", (*TWO, Role.BUREAU), True, ("final_instance", Role.GOVERNMENT, False, "28")),
]


@pytest.mark.parametrize(("statute_id", "parties", "first", "last"), INSTANCES)
def test_after_a_refusal(
    statute_id: str,
    parties: tuple[Role, ...],
    first: bool | None,
    last: tuple[str, Role, bool, str] | None,
) -> None:
    statute = get_statute(statute_id)
    assert statute.negotiation.parties == parties
    coordination = statute.coordination
    assert (coordination and coordination.negotiation_first) == first
    found = statute.last
    assert (found and (found.step, found.by, found.necessity, found.clause.article)) == last
    any_dispute = "809" in statute_id or statute_id in ("nantong-2020", "yima-2021")
    assert (statute.negotiation.granted_conditions is not None) == any_dispute


def test_changzhou_goes_to_the_leading_group_at_once_where_the_province_is_involved() -> None:
    coordinated = {x: get_statute(x).coordination for x in IDS}
    provincial = {x: y.provincial for x, y in coordinated.items() if y}
    found = provincial.pop("changzhou-2018")
    assert found is not None
    assert (found.step, found.by) == ("final_instance", Role.LEADING_GROUP)
    assert not any(provincial.values())


def test_only_the_national_regulation_names_a_common_superior() -> None:
    coordinated = {x: get_statute(x).coordination for x in IDS}
    named = {x: y.cross_level for x, y in coordinated.items() if y}
    found = named.pop("cn-809-2025")
    assert found is not None
    assert found.name.zh == "共同的上级政务数据共享主管部门"
    assert not any(named.values())


@pytest.mark.parametrize("statute_id", IDS)
def test_duties_of_filing_and_answer(statute_id: str) -> None:
    statute = get_statute(statute_id)
    fields = {x.field for x in statute.filing.requires}
    assert fields == {"purpose", "scope"} | ({"item_count"} if statute_id == "yima-2021" else set())
    assert statute.refusal.legal_basis == (statute_id == "yima-2021")
    assert statute.supplement.by == ("bureau" if statute_id == "nantong-2020" else "provider")
    assert (statute.supplement.clause is not None) == (statute_id == "cn-809-2025")
    declines = {"nantong-2020": True, "cn-809-2025": False}
    assert (statute.decline and statute.decline.allowed) == declines.get(statute_id)
    assert (statute.filing.sealed_document is not None) == (statute_id == "nantong-2020")


@pytest.mark.parametrize(
    ("statute_id", "status", "issued", "in_force"),
    [
        ("changshu-2019", "in_force", date(2019, 5, 22), date(2019, 5, 22)),
        ("yima-2021", "in_force", date(2021, 3, 10), date(2021, 3, 10)),
        ("changzhou-2018", "draft", None, None),
        ("nantong-2020", "in_force", None, None),
        ("zhejiang-2014", "historical", date(2014, 11, 28), None),
        ("cn-809-2025", "in_force", date(2025, 5, 28), date(2025, 8, 1)),
    ],
)
def test_status_and_dates(statute_id: str, status: str, issued: date | None, in_force: date | None) -> None:
    statute = get_statute(statute_id)
    assert (statute.status, statute.issued_on, statute.in_force_from) == (status, issued, in_force)


@pytest.mark.parametrize(
    ("statute_id", "names"),
    [
        ("zhejiang-2014", ["非受限共享", "受限共享", "非共享"]),
        *[(x, ["无条件共享", "有条件共享", "不予共享"]) for x in IDS if x != "zhejiang-2014"],
    ],
)
def test_each_text_has_its_own_words_for_the_classes(statute_id: str, names: list[str]) -> None:
    assert [get_statute(statute_id).classes[x].name.zh for x in (U, C, N)] == names


@pytest.mark.parametrize("statute_id", IDS)
def test_quotes_are_short_and_many(statute_id: str) -> None:
    found = [clause for _, clause in clauses(get_statute(statute_id))]
    assert len(found) >= 15
    assert max(len(x.quote) for x in found) <= 80


# The local texts as they apply under the national regulation


def source(clause: Clause | None) -> tuple[str | None, str] | None:
    """In which regulation above the local text a clause stands (None: in the local one), and its article."""
    return (clause.statute, clause.article) if clause else None


NATIONAL = "cn-809-2025"

# statute, class, clock, working days, where the limit stands
LIMITS = [
    *[(x, c, ClockId.DELIVERY, 20, (NATIONAL, "22")) for x in OVERLAID for c in (U, C, N)],
    ("changshu-2019+809", C, ClockId.PROVIDER_ANSWER, 5, (None, "19")),
    ("yima-2021+809", C, ClockId.PROVIDER_ANSWER, 5, (None, "15")),
    ("zhejiang-2014+809", C, ClockId.PROVIDER_ANSWER, 5, (None, "26")),
    ("changzhou-2018+809", C, ClockId.PROVIDER_ANSWER, 10, (None, "17")),
    ("nantong-2020+809", C, ClockId.PROVIDER_ANSWER, 10, (None, "22")),
    ("nantong-2020+809", N, ClockId.PROVIDER_ANSWER, 10, (None, "22")),
    ("nantong-2020+809", U, ClockId.PROVIDER_ANSWER, 1, (NATIONAL, "21")),
    ("nantong-2020+809", U, ClockId.PLATFORM_AUTHORIZATION, 1, (NATIONAL, "21")),
    ("nantong-2020+809", C, ClockId.PLATFORM_AUTHORIZATION, 2, (None, "23")),
    ("nantong-2020+809", U, ClockId.COMPLETENESS_CHECK, 1, (None, "21")),
]


@pytest.mark.parametrize(("statute_id", "sharing", "clock", "days", "stands"), LIMITS)
def test_the_stricter_limit_stands(
    statute_id: str, sharing: SharingClass, clock: ClockId, days: int, stands: tuple[str | None, str]
) -> None:
    limit = get_statute(statute_id).limit(clock, sharing)
    assert limit is not None
    assert (limit.amount, limit.unit, source(limit.clause)) == (days, Unit.WORKING_DAY, stands)


@pytest.mark.parametrize("statute_id", OVERLAID)
def test_what_the_national_regulation_adds_everywhere(statute_id: str) -> None:
    statute = get_statute(statute_id)
    assert statute.in_force_from == date(2025, 8, 1)
    assert statute.regulations[NATIONAL].title.zh == "政务数据共享条例"
    extension, coordination = statute.extension, statute.coordination
    assert extension is not None
    assert coordination is not None
    assert (extension.sharing_class, extension.at_most, source(extension.clause)) == (C, 10, (NATIONAL, "21"))
    assert statute.decline is not None
    assert (statute.decline.allowed, source(statute.decline.clause)) == (False, (NATIONAL, "21"))
    assert source(statute.supplement.clause) == (NATIONAL, "21")
    assert statute.supplement.by == ("bureau" if statute_id == "nantong-2020+809" else "provider")
    assert source(statute.filing.secret_data_excluded) == (NATIONAL, "3")
    assert coordination.cross_level is not None
    assert source(coordination.cross_level.clause) == (NATIONAL, "28")
    assert coordination.provincial is None
    assert coordination.province_is_another_level == (statute_id != "zhejiang-2014+809")
    assert statute.last is not None
    assert source(statute.last.clause) == (NATIONAL, "28")
    assert Role.GOVERNMENT in statute.bodies


# statute, whether a legal basis is asked, where the duty stands
REFUSALS = [
    *[(x, True, ("jiangsu-data-2025", "33")) for x in JIANGSU],
    *[(x.replace("jiangsu", "809"), True, ("jiangsu-data-2025", "33")) for x in JIANGSU],
    ("yima-2021+809", True, (None, "15")),
    ("zhejiang-2014+809", False, (None, "26")),
]


@pytest.mark.parametrize(("statute_id", "basis", "stands"), REFUSALS)
def test_what_a_refusal_must_give(statute_id: str, basis: bool, stands: tuple[str | None, str]) -> None:
    statute = get_statute(statute_id)
    for rule in (statute.refusal, statute.platform_refusal):
        if rule is not None:
            assert (rule.legal_basis, source(rule.clause)) == (basis, stands)


@pytest.mark.parametrize("statute_id", JIANGSU)
def test_before_the_national_regulation_jiangsu_changes_refusals_bases_and_rectification_alone(statute_id: str) -> None:
    local, merged = get_statute(statute_id.partition("+")[0]), get_statute(statute_id)
    own = {
        "id",
        "in_force_from",
        "taken_from",
        "earlier",
        "regulations",
        "refusal",
        "platform_refusal",
        "denial",
        "catalogue",
    }
    own |= {"rectification", "bodies"}
    assert local.model_dump(exclude=own) == merged.model_dump(exclude=own)
    assert local.catalogue is not None
    assert merged.catalogue is not None
    bases = {"bases", "not_shared_basis"}
    assert local.catalogue.model_dump(exclude=bases) == merged.catalogue.model_dump(exclude=bases)
    assert merged.in_force_from == date(2025, 4, 1)


def test_where_the_clauses_on_a_dispute_stand() -> None:
    negotiation = {x: source(get_statute(x).negotiation.clause) for x in OVERLAID}
    assert negotiation.pop("zhejiang-2014+809") == (NATIONAL, "28")
    assert {regulation for regulation, _ in negotiation.values() if regulation} == set()
    coordination = {x: y.clause for x in OVERLAID if (y := get_statute(x).coordination)}
    assert source(coordination.pop("nantong-2020+809")) == (NATIONAL, "28")
    assert {x.statute for x in coordination.values()} == {None}


@pytest.mark.parametrize("statute_id", JIANGSU)
def test_in_jiangsu_law_regulation_or_rule_alone_is_a_basis_for_not_sharing(statute_id: str) -> None:
    local, merged = get_statute(statute_id.partition("+")[0]).catalogue, get_statute(statute_id).catalogue
    assert local is not None
    assert merged is not None
    lawful = {"law", "administrative_regulation", "local_regulation", "rule"}
    assert set(merged.bases) == set(local.bases) & lawful
    assert merged.not_shared_basis is not None
    assert source(merged.not_shared_basis) == ("jiangsu-data-2025", "33")


@pytest.mark.parametrize("statute_id", [*packaged_statutes()])
def test_a_denial_gives_its_legal_basis_where_the_text_asks_it_of_whoever_refuses(statute_id: str) -> None:
    rule = get_statute(statute_id).denial
    in_jiangsu = statute_id.partition("-")[0] in ("changshu", "changzhou", "nantong") and "+" in statute_id
    assert (rule is not None and rule.legal_basis) == in_jiangsu
    assert rule is None or source(rule.clause) == ("jiangsu-data-2025", "33")


def test_in_nantong_the_platform_answers_within_the_national_limit_from_the_filing() -> None:
    statute = get_statute("nantong-2020+809")
    simple, conditional = (statute.limit(ClockId.PLATFORM_AUTHORIZATION, x) for x in (U, C))
    assert simple is not None
    assert conditional is not None
    assert (simple.amount, simple.from_filing, simple.overall, source(simple.clause)) == (
        1,
        True,
        None,
        (NATIONAL, "21"),
    )
    assert (conditional.amount, conditional.from_filing, source(conditional.clause)) == (2, False, (None, "23"))
    assert conditional.overall is not None
    assert (conditional.overall.amount, source(conditional.overall.clause)) == (10, (NATIONAL, "21"))
