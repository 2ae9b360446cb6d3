"""The figures of supervision as they are shown: each with its name, and with what chooses exactly its cases."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, get_args
from urllib.parse import urlencode

from api.context import AppContext
from api.http.prefix import prefixed
from api.supervision.moment import AGES, OLDEST, coming_days, moment_of, overseen
from api.supervision.schemas import Colour, ComingDayOut, DutyNumbersOut, NumbersOut, SupervisionOut
from configuration.files import FileError
from domain.access import Caller, Visibility
from domain.codes import code_key
from domain.departments import DepartmentsError
from domain.messages import Language, label, words
from domain.statutes.loader import packaged_statutes
from domain.words import ProcedureName, Role, Stage
from ledger.queries.supervising import Counted, Supervised
from ledger.standing import LADDER
from starter.errors import NeedsOperator
from starter.overlaid import title_with_above

COLOURS: Final[Sequence[Colour]] = get_args(Colour)
CASES: Final = "/v1/supervision/cases"
BANDS: Final = (*(name for name, _ in AGES), OLDEST)
RUNGS: Final = ("none", *(rung.value for rung in LADDER))


def figures(context: AppContext, caller: Caller, language: Language) -> SupervisionOut:
    """All figures of what a caller supervises; blocking."""
    moment, sight = moment_of(context), overseen(caller)
    days = context.calendar_store.now().as_known_on(moment.today)
    coming = coming_days(moment, days)
    found = context.reader.supervised(sight, moment, coming[-1])
    tables = {name: _table(found.counted, name) for name in ("light", "stage", "statute", "procedure", "age", "rung")}
    held = {name: _table(found.counted, name) for name in ("department", "awaited")}
    names = {each.value: each.name or each.value for each in found.counted if each.dimension == "department"}
    listed = _listed(context, sight)
    all_names = {**names, **listed}
    total = {light: sum(by.values()) for light, by in tables["light"].items()}
    return SupervisionOut(
        at=moment.now,
        all=_numbers("all", "", label("supervision", "all", language), total),
        stages=_known("stage", Stage, tables["stage"], lambda word: label("stage", word, language)),
        departments=_known("department", sorted(all_names), held["department"], all_names.__getitem__, empty=True),
        organs=_known("awaited", Role, held["awaited"], lambda word: label("role", word, language)),
        statutes=_known("statute", sorted(tables["statute"]), tables["statute"], lambda word: _title(word, language)),
        procedures=_known(
            "procedure", ProcedureName, tables["procedure"], lambda word: label("procedure", word, language), empty=True
        ),
        ages=_known("age", BANDS, tables["age"], lambda word: label("age_band", word, language), empty=True),
        rungs=_known("rung", RUNGS, _by_rung(tables["rung"]), lambda word: rung_label(word, language), empty=True),
        coming=[
            ComingDayOut(
                date=day,
                working_day=days.is_working_day(day),
                ends=found.ends.get(day, 0),
                cases=_way({"ends_on": day.isoformat()}),
            )
            for day in coming
            if days.is_working_day(day) or day in found.ends
        ],
        duties=_duties(found, language),
    )


def _listed(context: AppContext, sight: Visibility) -> Mapping[str, str]:
    """The departments of the operator's list at places that are supervised: the names by the codes.

    Raises NeedsOperator for a list that cannot be used.
    """
    try:
        places = context.departments()
    except (DepartmentsError, FileError) as error:
        raise NeedsOperator(str(error)) from error
    return {
        code_key(department.code): department.name
        for place, departments in places.items()
        if sight.everything or place in sight.places
        for department in departments
    }


Lit = Mapping[str, int]
"""So many of each light."""


def _table(counted: Iterable[Counted], dimension: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for each in counted:
        if each.dimension == dimension:
            found.setdefault(each.value, {})[each.light] = each.number
    return found


def _by_rung(table: Mapping[str, Lit]) -> dict[str, Lit]:
    return {RUNGS[int(rung)]: lights for rung, lights in table.items()}


def _known(
    dimension: str, order: Iterable[str], table: Mapping[str, Lit], name: object, empty: bool = False
) -> list[NumbersOut]:
    """The rows of a dimension in an order; ``empty``: those without a case too."""
    assert callable(name)
    values = [str(value) for value in order]
    return [
        _numbers(dimension, value, name(value), table.get(value, {})) for value in values if empty or value in table
    ]


def _numbers(dimension: str, value: str, said: str, lights: Lit) -> NumbersOut:
    query = {} if dimension == "all" else {dimension: value}
    return NumbersOut(
        value=value,
        label=said,
        total=sum(lights.values()),
        cases=_way(query),
        **{colour: lights.get(colour, 0) for colour in COLOURS},
    )


def _duties(found: Supervised, language: Language) -> list[DutyNumbersOut]:
    return [
        DutyNumbersOut(
            department=each.code,
            name=each.name,
            period=each.period,
            standing=each.standing,
            label=standing_label(each.standing, language),
            total=each.number,
            cases=_way({"department": each.code, "period": each.period, "duty": each.standing}),
        )
        for each in found.duties
    ]


def standing_label(standing: str, language: Language) -> str:
    """How a duty stands, in words; what no duty does stays as it is."""
    known = {**words("outcome"), **words("supervision")}.get(standing)
    return known[language] if known else standing


def rung_label(rung: str, language: Language) -> str:
    """A rung of the ladder of supervision in words (提醒, 黄牌, 红牌)."""
    return label("supervision", "not_urged", language) if rung == "none" else label("urgency", rung, language)


def _title(statute: str, language: Language) -> str:
    known = packaged_statutes().get(statute)
    return statute if known is None else title_with_above(known, language)


def _way(query: Mapping[str, str]) -> str:
    return prefixed(f"{CASES}?{urlencode(query)}" if query else CASES)
