"""Forms in progress in the console, kept with the session until they are submitted."""

from collections.abc import Sequence

from ledger.engine import Engine
from ledger.queries import sessions


class FormBook:
    """The forms of all sessions. Every method blocks, and raises like those of the ledger's writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, session: str, page: str, form_id: str, said: str) -> None:
        """Keep what was typed into a form of a page, so that pages of the same session can show it again."""
        sessions.keep_form(self._engine, session, page, form_id, said)

    def kept(self, session: str, page: str, form_id: str) -> str | None:
        """What was typed into a form of a page, or of a part of it; None where it is not kept."""
        return sessions.kept_form(self._engine, session, page, form_id)

    def latest(self, session: str, page: str) -> Sequence[str]:
        """What was typed last on a page and in each part of it."""
        return sessions.latest_forms(self._engine, session, page)

    def forget(self, session: str, page: str) -> None:
        """Forget what was typed into the forms of a page, or of a part of it."""
        sessions.forget_forms(self._engine, session, page)
