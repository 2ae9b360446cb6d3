"""From a clause to the code: which function carries out a command, notes an event, starts a limit or reads a rule.

Nothing of this is maintained by hand. The function of a command is taken from its procedure; everything else is found
in the syntax trees of the rules, by the names of events, limits, refusals and parts of the statute.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from domain.clocks import ClockId
from domain.words import CommandName, EventType, ProcedureName
from procedures.registry import PROCEDURES, RULED_BY, RULED_BY_THE_WHOLE
from starter.coverage.references import STEP
from starter.coverage.table import Row

NOT_TELLING = ("clause", "notice")
"""Names that many parts of a statute have; the enclosing part is searched for instead."""
OF_THE_SECTION = "rules"
"""The attribute by which rules read their section of the text."""
SEARCHED = ("procedures", "domain/engine", "domain/statutes/model.py", "domain/statutes/sections.py")
"""Where rules are searched for, in this order: procedures, engine, model of a statute."""
STATUTES = "domain/statutes/data"
"""The folder of statute files."""
ENUMS = ("ClockId", "EventType", "RefusalCode")
"""The enumerations whose members are recognised in rules."""


@dataclass(frozen=True, order=True)
class Place:
    """A function in the source, or a process; as text ``procedures/demand/rules.py:publish``.

    A nested function has the names of both: ``may_be_decided.decide``.
    """

    file: str
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.function}"


@dataclass(frozen=True)
class Carrier:
    """What a row names, and the functions that carry it out; for a rule also the ``entry`` in the statute file."""

    what: str
    places: Sequence[Place]
    entry: str | None = None


@dataclass
class _Function:
    """A function of the source, and the names in it.

    ``members``: members of enumerations that it names. ``handed_on``: those that it passes to calls. ``started``: those
    passed to calls that start a limit; ``starts_by_name``: it starts a limit without naming one in the call.
    ``reads``: the attributes that it reads, plain and qualified (``clause``, ``rules.clause``). ``names``: other names.
    ``calls``: the functions that it may call by name.
    """

    place: Place
    members: set[tuple[str, str]] = field(default_factory=set)
    handed_on: set[tuple[str, str]] = field(default_factory=set)
    started: set[tuple[str, str]] = field(default_factory=set)
    starts_by_name: bool = False
    reads: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    calls: set[Place] = field(default_factory=set)


def carriers(statute_id: str, row: Row) -> Sequence[Carrier]:
    """Everything that a row of a statute's table names, with its code: commands, events, limits, refusals, rules."""
    of_rules = [section for reference in row.rule if (section := _section(reference))]
    procedures = tuple(row.act) or tuple(of_rules) or RULED_BY_THE_WHOLE
    found = [Carrier(act.value, _act(procedure, act)) for procedure, acts in row.act.items() for act in acts]
    acting = {place for carrier in found for place in carrier.places}
    found += [Carrier(clock.value, _starting(clock, procedures)) for clock in row.clock]
    found += [Carrier(code.value, _naming("RefusalCode", code.name, procedures)) for code in row.refusal]
    return [*found, *(_rule(statute_id, reference, procedures, acting) for reference in row.rule)]


def _rule(own: str, reference: str, procedures: Sequence[ProcedureName], acting: set[Place]) -> Carrier:
    overlay, _, path = reference.rpartition(":")
    file = f"{STATUTES}/overlays/{overlay}.yaml" if overlay else f"{STATUTES}/{own}.yaml"
    return Carrier(reference, _reading(reference, procedures, acting), f"{file}:{path}")


def place_of(function: Callable[..., Any]) -> Place:
    """The place of a function."""
    return Place(_file_of(function.__module__), function.__qualname__.replace(".<locals>", ""))


def _file_of(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def command_places(procedure: ProcedureName, command: CommandName) -> Sequence[Place]:
    """The function of a command in a procedure, and the functions in its closure."""
    rule = PROCEDURES[procedure].rules[command].rule
    handed = (cell.cell_contents for cell in getattr(rule, "__closure__", None) or ())
    return _each_once([rule, *(value for value in handed if _is_ours(value))])


def _each_once(functions: Iterable[Callable[..., Any]]) -> Sequence[Place]:
    return tuple(dict.fromkeys(place_of(function) for function in functions))


def _is_ours(value: object) -> bool:
    return callable(value) and getattr(value, "__module__", "").startswith("procedures.")


def _act(procedure: ProcedureName, act: CommandName | EventType) -> Sequence[Place]:
    if isinstance(act, CommandName):
        return command_places(procedure, act)
    if act is EventType.FILED:
        return _each_once([PROCEDURES[procedure].begin])
    return _where(lambda function: ("EventType", act.name) in function.handed_on, (procedure,))


def _starting(clock: ClockId, procedures: Sequence[ProcedureName]) -> Sequence[Place]:
    """Where a limit starts, in these procedures or else in those that have it: in a rule, or with a stage."""
    having = [name for name, procedure in PROCEDURES.items() if clock in procedure.process.clocks]
    among = [name for name in having if name in procedures] or having
    wanted = ("ClockId", clock.name)
    started = _where(lambda function: wanted in function.started, among)
    naming = started or _where(lambda function: wanted in function.members, among)
    return naming or [Place(f"procedures/{name.value}/process.py", "PROCESS") for name in among]


def _naming(enum: str, member: str, procedures: Sequence[ProcedureName]) -> Sequence[Place]:
    return _where(lambda function: (enum, member) in function.members, procedures)


def _section(reference: str) -> ProcedureName | None:
    """The procedure of a part of the statute, if the part is a section of one procedure."""
    read = STEP.match(reference.rpartition(":")[2])
    return RULED_BY.get(read["name"]) if read else None


def _reading(reference: str, procedures: Sequence[ProcedureName], acting: set[Place]) -> Sequence[Place]:
    """The functions that read a part of the statute; for a limit, those that start it.

    If the acts of a row reach them by calls, only the reached ones: the readers, and the callers of readers.
    """
    steps = [found for step in reference.rpartition(":")[2].split(".") if (found := STEP.fullmatch(step))]
    names = [found["name"] for found in steps]
    if names == ["limits"]:
        return _starting(ClockId(steps[0]["key"].partition("/")[0]), procedures)
    section = _section(reference)
    telling = [name for name in names if name not in NOT_TELLING] or names
    reading = (_reading_part(name, (section,) if section else procedures) for name in reversed(telling))
    whole = _reading_of_the_section(section, names[-1]) if section and telling == names[:1] else ()
    places = whole or next((places for places in reading if places), ())
    if acting.isdisjoint(places):
        return places
    reached = _reached_from(acting)
    readers = {place for place in places if place in reached}
    calling = [f.place for f in _functions() if f.place in reached and f.calls & readers]
    return tuple(dict.fromkeys([*(place for place in places if place in readers), *calling]))


def _reached_from(acting: set[Place]) -> set[Place]:
    """These functions and, transitively, those that they call by name."""
    calls = {function.place: function.calls for function in _functions()}
    reached: set[Place] = set()
    more = acting
    while more := more - reached:
        reached |= more
        more = {called for place in more for called in calls.get(place, ())}
    return reached


def _reading_part(name: str, procedures: Sequence[ProcedureName]) -> Sequence[Place]:
    return _where(lambda function: name in function.reads, procedures)


def _reading_of_the_section(procedure: ProcedureName, name: str) -> Sequence[Place]:
    """The functions of a procedure that read a part of its section with a common name, such as its clause."""
    wanted, room = f"{OF_THE_SECTION}.{name}", f"procedures/{procedure.value}/"
    return [f.place for f in _functions() if wanted in f.reads and f.place.file.startswith(room)]


# The source


def _where(holds: Callable[[_Function], bool], procedures: Sequence[ProcedureName] = ()) -> Sequence[Place]:
    """The functions that match: in these procedures, else in the common ones, else in any, else in engine and law."""
    rooms = [f"procedures/{name.value}/" for name in procedures]
    for among in (rooms, ["procedures/common/"], ["procedures/"], ["domain/"]):
        found = [f.place for f in _functions() if f.place.file.startswith(tuple(among)) and holds(f)]
        if found:
            return found
    return ()


@cache
def _functions() -> Sequence[_Function]:
    """Every function of the rules, of the engine and of the model of statutes."""
    return [found for path in SEARCHED for found in _below(_there(path), path)]


def _there(path: str) -> Traversable:
    package, _, below = path.partition("/")
    return files(package) / below


def _below(room: Traversable, path: str) -> Iterator[_Function]:
    if room.is_dir():
        for each in sorted(room.iterdir(), key=lambda entry: entry.name):
            yield from _below(each, f"{path}/{each.name}")
    elif path.endswith(".py"):
        yield from _of_file(ast.parse(room.read_text(encoding="utf-8")), path)


def _of_file(module: ast.Module, file: str) -> Iterator[_Function]:
    """The functions of a file; members named in a table of the file count for each function that uses the table."""
    tables = {name: _read([node], Place(file, name)) for node in module.body for name in _assigned(node)}
    known = {name: Place(file, name) for name, _ in _defined(module)} | _imported(module)
    for name, node in _defined(module):
        found = _read(_own(node), Place(file, name))
        body = [statement for statement in node.body if not isinstance(statement, ast.FunctionDef)]
        found.calls = {known[called] for called in _read(body, found.place).names & known.keys()}
        for table in found.names & tables.keys():
            found.members |= tables[table].members
        if found.starts_by_name:  # a limit taken from a table or a list
            found.started |= found.members
        yield found


def _assigned(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def _defined(within: ast.Module | ast.ClassDef | ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function with its qualified name, also within classes and other functions."""
    for node in within.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from ((f"{node.name}.{name}", inner) for name, inner in _defined(node))


def _imported(module: ast.Module) -> dict[str, Place]:
    """The places of the names that a file imports from other files, functions among them."""
    taken = [node for node in module.body if isinstance(node, ast.ImportFrom) and node.module]
    return {
        alias.asname or alias.name: Place(_file_of(node.module or ""), alias.name)
        for node in taken
        for alias in node.names
    }


def _own(function: ast.FunctionDef) -> Sequence[ast.AST]:
    """The parts of a function, without nested functions."""
    return [node for node in ast.iter_child_nodes(function) if not isinstance(node, ast.FunctionDef)]


def _read(nodes: Iterable[ast.AST], place: Place) -> _Function:
    found = _Function(place)
    for each in (inner for node in nodes for inner in ast.walk(node)):
        if isinstance(each, ast.Attribute):
            found.reads |= {each.attr, f"{_called(each.value)}.{each.attr}"}
            found.members |= _member(each)
        elif isinstance(each, ast.Name):
            found.names.add(each.id)
        elif isinstance(each, ast.Call):
            given = [*each.args, *(keyword.value for keyword in each.keywords)]
            members = {member for value in given for inner in ast.walk(value) for member in _member(inner)}
            found.handed_on |= members
            if isinstance(each.func, ast.Attribute) and each.func.attr.startswith("start"):
                found.started |= members
                found.starts_by_name |= not any(enum == "ClockId" for enum, _ in members)
    return found


def _called(node: ast.expr) -> str:
    """The last name of an expression."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _member(node: ast.AST) -> set[tuple[str, str]]:
    """The member of an enumeration that an expression is: a set of one, or empty."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ENUMS:
        return {(node.value.id, node.attr)}
    return set()
