"""XES (IEEE 1849), the event log of one trace a case, as XML, written trace by trace."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from xml.sax.saxutils import quoteattr

from audit.mining.happenings import Happening, happenings, party_of
from audit.replay.case import RecordedCase
from domain.evidence import instant_text

HEAD: Final = """\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace"><string key="concept:name" value=""/></global>
<global scope="event">
<string key="concept:name" value=""/>
<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
<string key="lifecycle:transition" value="complete"/>
<string key="stage" value=""/>
</global>
<classifier name="Activity" keys="concept:name"/>
<classifier name="Stage" keys="stage"/>
"""
TAIL: Final = "</log>\n"
_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xes_text(cases: Iterable[RecordedCase]) -> Iterator[str]:
    """The log of these cases, piece by piece: of memory it takes that of one case."""
    yield HEAD
    for recorded in cases:
        yield _trace(recorded)
    yield TAIL


def _trace(recorded: RecordedCase) -> str:
    case = recorded.unfiled
    said = {
        "concept:name": recorded.request_id,
        "procedure": recorded.procedure.name,
        "statute": recorded.statute.id,
        "requester": case.requester.code,
        "provider": case.provider.code,
        "resource": case.resource.code,
    }
    lines = ["<trace>", *_strings(said), *(_event(recorded, each) for each in happenings(recorded)), "</trace>\n"]
    return "\n".join(lines)


def _event(recorded: RecordedCase, each: Happening) -> str:
    event = each.event
    party = party_of(recorded, event.actor.role)
    said = {
        "concept:name": event.type,
        "lifecycle:transition": "complete",
        "org:role": event.actor.role,
        "org:group": event.actor.org,
        "org:name": party.name if party else None,
        "stage": event.stage,
        "statute": event.statute,
        "article": event.article,
        "clock": each.kind,
    }
    when = f'<date key="time:timestamp" value={_quoted(instant_text(event.at))}/>'
    seq = f'<int key="seq" value="{event.seq}"/>'
    return "\n".join(["<event>", *_strings(said), when, seq, "</event>"])


def _strings(said: Mapping[str, str | None]) -> Iterator[str]:
    return (f'<string key="{key}" value={_quoted(value)}/>' for key, value in said.items() if value is not None)


def _quoted(value: str) -> str:
    """A value between its quotes, without what no XML can hold."""
    return quoteattr(_NO_XML.sub("", value))
