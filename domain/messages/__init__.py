"""The catalogue of all that people read, in Simplified Chinese and English (文案)."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, get_args

import yaml

from domain.messages.counting import counting

LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""The quick loader where the machine has it. All is text: it does not ask what each word might mean besides."""

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


@cache
def _catalogue() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    text = files("domain.messages").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    loaded: Mapping[str, Mapping[str, Mapping[str, str]]] = yaml.load(text, Loader=LOADER)
    return {
        kind: {word: {language: counting(text) for language, text in said.items()} for word, said in entries.items()}
        for kind, entries in loaded.items()
    }


def words(kind: str) -> Mapping[str, Mapping[str, str]]:
    """All entries of a kind: word to language to text. Raises KeyError for a kind that is not there."""
    return _catalogue()[kind]


def label(kind: str, word: str, language: Language) -> str:
    """The text for a word of a kind (``stage``, ``clock`` …). Raises KeyError for a word that is not there."""
    return words(kind)[str(word)][language]


def event_word(event: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """The kind and the word by which an event with its data is told: a limit that was met late was not kept."""
    return ("clock_state", "met_late") if event == "clock_met" and data.get("late") is True else ("event", event)


def event_label(event: str, data: Mapping[str, Any], language: Language) -> str:
    """The text for an event with its data. Raises KeyError for an event that is not there."""
    return label(*event_word(event, data), language)


def refusal_sentence(
    code: str,
    language: Language,
    article: str | None = None,
    details: Mapping[str, Any] | None = None,
    regulation: str | None = None,
) -> str:
    """Why something was refused, as one sentence, with the article where one applies.

    ``regulation`` is the title of the one in which the article stands, where that is not the case's own statute.
    """
    said = dict(details or {})
    sentence = label("refusal", code, language).format_map(_Lenient(said))
    why = words("why").get(str(said.get("why", "")))
    if why:
        sentence += f"（{why['zh']}）" if language == "zh" else f" ({why['en']})"
    if article:
        title = regulation or ""
        if language == "zh":
            sentence += f"（《{title}》第{article}条）" if title else f"（第{article}条）"
        else:
            sentence += f" ({title}, art. {article})" if title else f" (art. {article})"
    return sentence


class _Lenient(dict[str, Any]):
    """A placeholder without a value stays visible instead of breaking the sentence."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


_catalogue()  # the one file read when imported: whoever decides a case must never touch one
