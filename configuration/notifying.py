"""How people are notified, as the settings say: the server for mail, and the robots in the groups of departments."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field, StringConstraints, ValidationError

from background.notifying.mail import MailServer, is_address
from background.notifying.occasions import Surroundings
from background.notifying.robots import Robot, RobotKind, Robots
from background.webhooks.guard import Unfit, place_in
from configuration.errors import StartupError
from configuration.files import FileError, read_text
from configuration.policy_file import policy_in_force
from configuration.settings import Settings
from domain.calendar import day_of
from domain.codes import code_key
from domain.field_types import Code
from domain.model import Fixed
from domain.validation_messages import first_problem, key_path
from domain.yaml_text import YamlTextError, read_yaml
from ledger.calendar_store import CalendarStore

_SECRET: Final = ("url", "secret")
"""What of a robot no message repeats."""


class RobotEntry(Fixed):
    """One robot in the file of robots."""

    department: Annotated[Code, StringConstraints(min_length=1)]
    kind: RobotKind
    url: str = Field(min_length=1, max_length=2000)
    secret: str | None = Field(default=None, min_length=1, max_length=200)


class _RobotsFile(Fixed):
    robots: tuple[RobotEntry, ...] = Field(max_length=5000)


def mail_server_of(settings: Settings) -> MailServer | None:
    """The server for mail that the settings name; None for none.

    Raises StartupError where it has no sender.
    """
    place, sender = settings.mail_server, settings.mail_from
    if place is None:
        return None
    if sender is None or not is_address(sender):
        raise StartupError(
            f"{Settings.mail_server.variable} needs {Settings.mail_from.variable}, an address such as "
            "noreply@example.gov.cn."
        )
    return MailServer(*place, settings.mail_security, sender, settings.mail_user, settings.mail_password)


def robots_of(settings: Settings) -> Robots:
    """The robots of the file that the settings name, by the keys of their departments' codes.

    Raises StartupError for a file that cannot be used; nothing of what stands in it is repeated.
    """
    if settings.robots is None:
        return {}
    name = str(settings.robots)
    try:
        document = read_yaml(read_text(name), name)
        entries = _RobotsFile.model_validate(document.data).robots
    except (FileError, YamlTextError) as error:
        raise StartupError(str(error)) from None
    except ValidationError as error:
        path, reason = first_problem(error)
        if path and path[-1] in _SECRET:
            reason = "cannot be used"
        raise StartupError(f"{name}, line {document.line(path)}: {key_path(path)} {reason}.") from None
    return _by_department(entries, name)


def _by_department(entries: tuple[RobotEntry, ...], name: str) -> Mapping[str, Robot]:
    found: dict[str, Robot] = {}
    for each in entries:
        key = code_key(each.department)
        if key in found:
            raise StartupError(f"{name}: the department {each.department} has a second robot.")
        try:
            place_in(each.url)
        except Unfit as unfit:
            raise StartupError(f"{name}: the url of the robot of {each.department} is {unfit.word}.") from None
        found[key] = Robot(each.department, each.kind, each.url, each.secret)
    return found


def looking_around(settings: Settings, calendar: CalendarStore, mails: bool) -> Callable[[datetime], Surroundings]:
    """What says what notifications are worked out by at an instant. Raises StartupError now, for the robots."""
    robots = robots_of(settings)

    def look(at: datetime) -> Surroundings:
        return Surroundings(
            now=at,
            days=calendar.now().as_known_on(day_of(at)),
            warnings=policy_in_force(settings).warnings,
            digest_at=settings.daily_at,
            base=settings.public_url,
            robots=robots,
            mails=mails,
        )

    return look
