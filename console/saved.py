"""Files that the console gives out to be kept: named in the reader's words."""

from urllib.parse import quote

from starlette.responses import Response

from domain.messages import Language, label

DISPOSITION = "content-disposition"


def saved_as(answer: Response, word: str, language: Language) -> Response:
    """An answer that a browser keeps under a name of the catalogue (``file_name``), with the ending that it had.

    Who cannot read such a name has the plain one (RFC 6266).
    """
    plain = answer.headers[DISPOSITION]
    ending = plain.rstrip('"').rpartition(".")[2]
    name = quote(f"{label('file_name', word, language)}.{ending}", safe="")
    answer.headers[DISPOSITION] = f"{plain}; filename*=UTF-8''{name}"
    return answer
