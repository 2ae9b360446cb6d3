"""The settings of notifications: the server for mail, the robots in groups, the hour of digests."""

from configuration.setting import Setting
from configuration.values import as_path_if_any, as_place_if_any, as_security, as_text, as_time


class NotificationSettings:
    """How people are notified, as the environment says; a part of all settings."""

    mail_server = Setting(
        "SHAREFLOW_MAIL_SERVER",
        as_place_if_any,
        "host:port",
        "the SMTP server by which officers are notified ([below](#notifications)), for workers and the API",
        "all",
        shown="none: nobody gets mail",
    )
    mail_security = Setting(
        "SHAREFLOW_MAIL_SECURITY", as_security, "`starttls`, `tls` or `none`", "how it is reached", "all", "starttls"
    )
    mail_from = Setting("SHAREFLOW_MAIL_FROM", as_text, "address", "whom that mail is from", "all", shown="none")
    mail_user = Setting(
        "SHAREFLOW_MAIL_USER", as_text, "name", "who signs in there", "all", shown="none: nobody signs in"
    )
    mail_password = Setting(
        "SHAREFLOW_MAIL_PASSWORD", as_text, "text", "that user's password", "all", shown="none", secret=True
    )
    robots = Setting(
        "SHAREFLOW_ROBOTS",
        as_path_if_any,
        "file",
        "the robots in the groups of departments, with secrets ([below](#notifications)), for workers and the API",
        "all",
        shown="none",
    )
    daily_at = Setting(
        "SHAREFLOW_DAILY_AT", as_time, "`HH:MM`, Asia/Shanghai", "when daily digests are sent", "workers", "08:30"
    )
