"""What every answer says to browsers: run nothing, load nothing, show it in no frame, keep it nowhere, do not guess."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

SHUT: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""The policy of whatever is no page: a browser that is led to open it opens it as something without rights."""
STRICT: Final = {
    "Content-Security-Policy": SHUT,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def strictly(send: Send) -> Send:
    """Send answers under these headers wherever an answer does not say better itself, as pages do."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in STRICT.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
