"""The text of a regulation as published, split into articles (条) and paragraphs (款)."""

import re
from collections.abc import Iterable
from itertools import zip_longest

# 第十九条 at the start of a line, possibly bold or a heading. Not 第一条至…, 第二十一条规定…: those are
# references that happen to stand at the start of a line.
ARTICLE = re.compile(r"[\s#*]*第([一二三四五六七八九十百零]+)条(?![至、和及或规的第])(?:\*\*)?")
# 第二十五条第二款 and a blank: an excerpt that has one paragraph of an article alone.
PARAGRAPH = re.compile(r"[\s#*]*第([一二三四五六七八九十百零]+)条第([一二三四五六七八九十]+)款(?:\*\*)?(?=\s)")
CHAPTER = re.compile(r"[\s#*]*第[一二三四五六七八九十百]+[章节]")
# What may follow the last article: annexes, the list of recipients, an explanation, a title by itself.
APPENDIX = re.compile(r"[\s#*]*(?:附件|抄送|政策解读|《[^》]*》\s*$)")
TITLE = re.compile(r"\s*(?:\[[^\]]*\]|【[^】]*】)")
ITEM = re.compile(r"[\s\-]*[（(][一二三四五六七八九十]+[）)]")
SENTENCE_ENDS = tuple("。；;：:！？.")

DIGITS = {word: value for value, word in enumerate("零一二三四五六七八九")}
TENS = {"十": 10, "百": 100}


def chinese_number(words: str) -> int:
    """The value of a number below one thousand in Chinese numerals: 二十一 is 21, 一百零三 is 103."""
    total = digit = 0
    for word in words:
        if word in TENS:
            # 十 alone is ten, not nothing times ten.
            total += (digit or 1) * TENS[word]
            digit = 0
        else:
            digit = DIGITS[word]
    return total + digit


def articles(text: str) -> dict[int, tuple[str, ...]]:
    """The articles of a regulation by number, each as its paragraphs, without headings.

    Whatever stands before the first article, chapter headings, and what follows the last one (annexes,
    explanations) belong to no article. A number that is not higher than the one before is a reference in
    the text, not a heading. Line breaks are removed, also those of a page inside a sentence; no other
    character is changed. Items （一）（二） belong to the paragraph that introduces them. Where an excerpt has one
    paragraph of an article alone, those before it are empty.
    """
    found: dict[int, list[str]] = {}
    current: list[str] | None = None
    alone: dict[int, int] = {}
    for line in text.splitlines():
        one = PARAGRAPH.match(line)
        heading = one or ARTICLE.match(line)
        number = chinese_number(heading[1]) if heading else 0
        if heading and number > max(found, default=0):
            body = line[heading.end() :]
            title = TITLE.match(body)
            current = found[number] = [body[title.end() :] if title else body]
            if one:
                alone[number] = chinese_number(one[2])
        elif CHAPTER.match(line) or APPENDIX.match(line):
            current = None
        elif current is not None:
            current.append(line)
    before = {number: ("",) * (place - 1) for number, place in alone.items()}
    return {number: before.get(number, ()) + _paragraphs(lines) for number, lines in found.items()}


def articles_of(texts: Iterable[str]) -> dict[int, tuple[str, ...]]:
    """The articles of a regulation that is kept in several files, each with some of them: as :func:`articles`.

    Of an article of which two files have paragraphs, each gives those that it has.
    """
    found: dict[int, tuple[str, ...]] = {}
    for text in texts:
        for number, paragraphs in articles(text).items():
            both = zip_longest(found.get(number, ()), paragraphs, fillvalue="")
            found[number] = tuple(one or other for one, other in both)
    return dict(sorted(found.items()))


def _paragraphs(lines: list[str]) -> tuple[str, ...]:
    """Lines joined to paragraphs: a new one begins after a finished sentence, unless an item follows."""
    paragraphs: list[str] = []
    for line in lines:
        if not line.strip():
            continue
        if paragraphs and (ITEM.match(line) or not paragraphs[-1].rstrip().endswith(SENTENCE_ENDS)):
            paragraphs[-1] += line
        else:
            paragraphs.append(line)
    return tuple(paragraphs)
