"""What a setting is: a variable of the environment, how its text is understood, and what the table says of it."""

from collections.abc import Callable
from typing import Any, Generic, Literal, Protocol, Self, TypeVar, overload

T = TypeVar("T")
Part = Literal["all", "workers", "the API", "`shareflow up`", "the command line"]


class EnvironmentTexts(Protocol):
    """What the environment said for each setting."""

    def text(self, setting: "Setting[Any]") -> str:
        """What was said for one; empty when nothing was."""


class Setting(Generic[T]):
    """One variable: its name, how its text is understood, its usual text, what it does, and who needs it.

    ``read`` takes the variable's name and its text (the usual one when nothing is said, which may be empty) and
    raises StartupError with one sentence that names the variable. ``shown`` says what is usual where a text cannot.
    One that is ``secret`` may stand in a file, which the variable with ``_FILE`` at its end names.
    """

    def __init__(
        self,
        variable: str,
        read: Callable[[str, str], T],
        kind: str,
        says: str,
        part: Part,
        usual: str = "",
        shown: str | None = None,
        secret: bool = False,
    ) -> None:
        self.variable = variable
        self.read = read
        self.kind = kind
        self.says = says
        self.part = part
        self.usual = usual
        self.shown = shown or f"`{usual}`"
        self.secret = secret

    @property
    def file_variable(self) -> str:
        """The variable that names the file of a secret."""
        return f"{self.variable}_FILE"

    @overload
    def __get__(self, settings: None, owner: type) -> Self: ...
    @overload
    def __get__(self, settings: EnvironmentTexts, owner: type) -> T: ...
    def __get__(self, settings: EnvironmentTexts | None, owner: type) -> Self | T:
        """The value, understood anew each time. Raises StartupError for a text that cannot be one."""
        return self if settings is None else self.read(self.variable, settings.text(self) or self.usual)
