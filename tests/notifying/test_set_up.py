"""What an operator sets for notifications: understood, or refused in a sentence that repeats no secret."""

from pathlib import Path

import pytest

from background.notifying.mail import MailSecurity
from configuration.errors import StartupError
from configuration.notifying import mail_server_of, robots_of
from configuration.settings import Settings


def said(**texts: str) -> Settings:
    return Settings({f"SHAREFLOW_{name.upper()}": text for name, text in texts.items()})


def test_a_server_for_mail_is_as_it_was_set(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("open, sesame\n")
    settings = said(
        mail_server="mail.example.gov.cn:465",
        mail_security="tls",
        mail_from="noreply@example.gov.cn",
        mail_user="noreply",
        mail_password_file=str(password),
    )
    server = mail_server_of(settings)
    assert server is not None
    assert (server.host, server.port, server.security) == ("mail.example.gov.cn", 465, MailSecurity.TLS)
    assert (server.sender, server.user, server.password) == ("noreply@example.gov.cn", "noreply", "open, sesame")
    assert mail_server_of(said()) is None


@pytest.mark.parametrize("sender", ["", "Somebody <noreply@example.gov.cn>", "a@b.cn\nBcc: c@d.cn"])
def test_a_server_for_mail_needs_a_sender(sender: str) -> None:
    with pytest.raises(StartupError, match="SHAREFLOW_MAIL_FROM"):
        mail_server_of(said(mail_server="mail.example.gov.cn:25", mail_from=sender))


ROBOTS = """robots:
  - {department: 1132a, kind: dingtalk, url: "https://oapi.dingtalk.com/robot/send?access_token=TOKEN", secret: SECRET}
"""


def test_robots_stand_by_their_departments(tmp_path: Path) -> None:
    file = tmp_path / "robots.yaml"
    file.write_text(ROBOTS)
    robots = robots_of(said(robots=str(file)))
    assert {key: (robot.kind, robot.secret) for key, robot in robots.items()} == {"1132A": ("dingtalk", "SECRET")}
    assert robots_of(said()) == {}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("kind: dingtalk", "kind: qq"), "kind"),
        (("secret: SECRET", "secret: 123456789"), "cannot be used"),
        (("secret: SECRET", 'secret: ""'), "cannot be used"),
        (("https://oapi", "ftp://oapi"), "https_required"),
        (("https://oapi", "https://me:TOKEN@oapi"), "credentials"),
        (("robots:", "robots:\n  - {department: 1132A, kind: wecom, url: 'https://example.cn/x'}"), "second robot"),
        (("robots:", "machines:"), "robots"),
        (("robots:", "robots: ["), "line"),
    ],
)
def test_a_file_of_robots_that_cannot_be_used_is_told_without_what_it_keeps(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    file = tmp_path / "robots.yaml"
    file.write_text(ROBOTS.replace(*change))
    with pytest.raises(StartupError) as refused:
        robots_of(said(robots=str(file)))
    sentence = str(refused.value)
    assert told in sentence
    assert str(file) in sentence
    assert not any(secret in sentence for secret in ("TOKEN", "SECRET", "123456789"))
