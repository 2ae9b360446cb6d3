"""What an operator sets: every variable of the environment that counts, each declared once and read once.

``Settings()`` takes down what the environment says at that moment; nothing else here reads it. A value is understood
when it is asked for, so a command is not refused over one that it does not need; ``refuse_wrong_ones`` asks for all.
An empty value is none. ``docs/operations.md`` has a table of them.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from configuration.caller_settings import CallerSettings
from configuration.errors import StartupError
from configuration.notification_settings import NotificationSettings
from configuration.object_store_settings import ObjectStoreSettings
from configuration.setting import Setting
from configuration.values import (
    as_allowed,
    as_days_if_any,
    as_digest,
    as_few,
    as_folder,
    as_hours,
    as_level,
    as_path_if_any,
    as_port,
    as_port_if_any,
    as_public_url,
    as_rate_if_any,
    as_seconds,
    as_size,
    as_socket_if_any,
    as_switch,
    as_text,
    as_url_if_any,
    as_word,
    secret_in,
)

if TYPE_CHECKING:
    from protocol.connecting import NamedServer

KEY_OF_TEMPORAL: Final = "TEMPORAL_TLS_CLIENT_KEY_PATH"
OWN: Final = "SHAREFLOW_"
"""How the names of our variables begin."""


class Settings(CallerSettings, NotificationSettings, ObjectStoreSettings):
    """Every setting, as the environment said when this was made. Asking for one that cannot be raises StartupError."""

    state = Setting(
        "SHAREFLOW_STATE", as_folder, "folder", "where `shareflow up` keeps its data", "all", usual=".shareflow"
    )
    database_url = Setting(
        "SHAREFLOW_DATABASE_URL",
        as_text,
        "address",
        "your PostgreSQL: `postgresql://user:password@host:port/database`",
        "all",
        shown="the embedded one",
        secret=True,
    )
    migration_url = Setting(
        "SHAREFLOW_MIGRATION_URL",
        as_text,
        "address",
        "the same database by the role that owns its tables, and past any pooler, for `shareflow admin migrate`, "
        "`backup` and `restore` alone",
        "the command line",
        shown="`SHAREFLOW_DATABASE_URL`",
        secret=True,
    )
    temporal_address = Setting(
        "TEMPORAL_ADDRESS",
        as_text,
        "host:port",
        "your Temporal; with it count `TEMPORAL_NAMESPACE`, `TEMPORAL_TLS_…` and all else of Temporal's own client "
        "environment configuration",
        "all",
        shown="the embedded one",
    )
    policy = Setting(
        "SHAREFLOW_POLICY",
        as_text,
        "file",
        "limits that no regulation sets, warnings, the supervision ladder",
        "all",
        shown="`domain/data/policy.yaml`",
    )
    departments = Setting(
        "SHAREFLOW_DEPARTMENTS",
        as_text,
        "file",
        "the departments of each place, for whom periodic duties are opened ([below](#periodic-duties))",
        "all",
        shown="none",
    )
    attachments = Setting(
        "SHAREFLOW_ATTACHMENTS",
        as_path_if_any,
        "folder",
        "where papers that come as files are kept, by their SHA-256; several processes may share it "
        "([documents.md](documents.md))",
        "the API",
        shown="`attachments` in the state folder",
    )
    attachment_limit = Setting(
        "SHAREFLOW_ATTACHMENT_LIMIT", as_size, "bytes", "the largest paper", "the API", usual=str(20 * 1024 * 1024)
    )
    dossier_limit = Setting(
        "SHAREFLOW_DOSSIER_LIMIT",
        as_size,
        "bytes",
        "the largest dossier that is taken in to be checked ([audit.md](audit.md#over-http))",
        "the API",
        usual=str(64 * 1024 * 1024),
    )
    verify_page = Setting(
        "SHAREFLOW_VERIFY_PAGE",
        as_rate_if_any("20/minute"),
        "rate",
        "serve the page on which anybody checks a dossier ([audit.md](audit.md#over-http)): how often one address may",
        "the API",
        shown="20/minute under `up` on a loopback address, else none and no page",
    )
    simulations = Setting(
        "SHAREFLOW_SIMULATIONS",
        as_switch,
        "`on` or `off`",
        "whether scenarios are played at `/what-if` and `POST /v1/simulations`, one at a time, on servers of their own "
        "([console.md](console.md#what-if))",
        "the API",
        usual="on",
    )
    archive = Setting(
        "SHAREFLOW_ARCHIVE",
        as_path_if_any,
        "folder",
        "where workers archive the histories of cases, one folder for all of them ([audit.md](audit.md#the-archive))",
        "all",
        shown="`archive` in the state folder",
    )
    feed_days = Setting(
        "SHAREFLOW_FEED_DAYS",
        as_days_if_any,
        "days",
        "how long messages stay in the feed of events; older ones go once every active webhook has them, and a cursor "
        "from before then is refused. The ledger itself keeps everything",
        "workers",
        shown="for ever",
    )
    digest = Setting(
        "SHAREFLOW_DIGEST", as_digest, "`sm3` or `sha256`", "digest of new cases' ledger chains", "workers", usual="sm3"
    )
    log_key = Setting(
        "SHAREFLOW_LOG_KEY",
        as_path_if_any,
        "file",
        "the secret key with which workers sign checkpoints of the log, or the public one and the program of a device "
        "that signs by it ([audit.md](audit.md)), the same for all of them; `shareflow audit key` makes a secret one",
        "all",
        shown="`checkpoint.key` in the state folder under `up`, else none, and no checkpoints",
    )
    witnesses = Setting(
        "SHAREFLOW_WITNESSES",
        as_path_if_any,
        "file",
        "public keys of the authorities that cosign checkpoints, one a line ([audit.md](audit.md))",
        "the API",
        shown="none, and no cosignatures are kept",
    )
    checkpoint_hours = Setting(
        "SHAREFLOW_CHECKPOINT_HOURS",
        as_hours,
        "hours",
        "how often a checkpoint of the log is made; at the start too, when one is due",
        "workers",
        usual="24",
    )
    timestamp_url = Setting(
        "SHAREFLOW_TIMESTAMP_URL",
        as_url_if_any,
        "address",
        "the authority that stamps each checkpoint which workers make (RFC 3161, [audit.md](audit.md))",
        "workers",
        shown="none, and checkpoints have no timestamps",
    )
    timestamp_roots = Setting(
        "SHAREFLOW_TIMESTAMP_ROOTS",
        as_path_if_any,
        "file",
        "certificates in PEM below which the stamps of that authority are trusted",
        "workers",
        shown="none",
    )
    payload_keys = Setting(
        "SHAREFLOW_PAYLOAD_KEYS",
        as_path_if_any,
        "file",
        "the keys with which messages are sealed on their way into Temporal, the same for all processes "
        "([below](#sealed-messages)); `shareflow admin payload-key` makes one",
        "all",
        shown="none, and Temporal's store has them as they are",
    )
    codec_origin = Setting(
        "SHAREFLOW_CODEC_ORIGIN",
        as_public_url,
        "address",
        "where Temporal's pages are, such as `https://temporal.example.gov.cn`: they may have sealed messages opened "
        "for whoever is signed in there ([below](#sealed-messages))",
        "the API",
        shown="none: no page of another address may",
    )
    webhook_allow = Setting(
        "SHAREFLOW_WEBHOOK_ALLOW",
        as_allowed,
        "networks and `host:port`, with commas between",
        "private addresses that webhooks may have all the same, for workers and the API ([webhooks.md](webhooks.md))",
        "all",
        shown="none",
    )
    public_url = Setting(
        "SHAREFLOW_PUBLIC_URL",
        as_public_url,
        "address",
        "where people reach the API, such as `https://share.example.gov.cn`; printed papers link there; all links "
        "carry its path. Workers need it too",
        "all",
        shown="none: links are relative",
    )
    temporal_port = Setting(
        "SHAREFLOW_TEMPORAL_PORT", as_port(0), "port; 0: any", "the embedded Temporal", "`shareflow up`", usual="7233"
    )
    ui_port = Setting(
        "SHAREFLOW_UI_PORT", as_port(0), "port; 0: any", "the embedded Temporal's pages", "`shareflow up`", "8233"
    )
    workers = Setting(
        "SHAREFLOW_WORKERS", as_few, "number", "how many worker processes it runs", "`shareflow up`", usual="1"
    )
    build_id = Setting(
        "TEMPORAL_WORKER_BUILD_ID",
        as_text,
        "word",
        "of which build a worker is; open cases stay with the build before until `shareflow admin release` "
        "([below](#releases))",
        "workers",
        shown="none: workers are of no build, and whoever asks gets the next task",
    )
    deployment_name = Setting(
        "TEMPORAL_DEPLOYMENT_NAME",
        as_word,
        "word",
        "the worker deployment of which `TEMPORAL_WORKER_BUILD_ID` is a build, for `admin release` too",
        "workers",
        usual="shareflow",
    )
    health_port = Setting(
        "SHAREFLOW_HEALTH_PORT",
        as_port_if_any,
        "port",
        "health and metrics of the worker; of further workers under `up` on the ports that follow",
        "workers",
        shown="9464 under `up`, else none",
    )
    health_host = Setting(
        "SHAREFLOW_HEALTH_HOST",
        as_word,
        "host",
        "where workers, and the API on `SHAREFLOW_API_HEALTH_PORT`, tell their health and metrics: to whoever asks, so "
        "an address that only those reach who watch",
        "all",
        usual="127.0.0.1",
    )
    sdk_metrics = Setting(
        "SHAREFLOW_SDK_METRICS",
        as_text,
        "host:port",
        "the Temporal SDK's own Prometheus metrics, such as `127.0.0.1:9465`; under `up` of the first worker",
        "workers",
        shown="none",
    )
    api_host = Setting(
        "SHAREFLOW_API_HOST",
        as_word,
        "host",
        "where the API listens; put TLS in front of it",
        "the API",
        usual="127.0.0.1",
    )
    api_port = Setting("SHAREFLOW_API_PORT", as_port(1), "port", "where the API listens", "the API", usual="8080")
    api_socket = Setting(
        "SHAREFLOW_API_SOCKET",
        as_socket_if_any,
        "number",
        "a socket that whoever starts the API holds open for it, where it listens in the place of host and port",
        "the API",
        shown="none: it opens its own",
    )
    api_health_port = Setting(
        "SHAREFLOW_API_HEALTH_PORT",
        as_port_if_any,
        "port",
        "health and metrics of the API on a port of their own; the metrics are no longer at its door then",
        "the API",
        shown="none: at its door",
    )
    api_unready = Setting(
        "SHAREFLOW_API_UNREADY",
        as_seconds,
        "seconds",
        "how long the API still answers after SIGTERM, while `/readyz` says 503, before it stops",
        "the API",
        usual="0",
    )
    log = Setting(
        "SHAREFLOW_LOG",
        as_level,
        "`debug`, `info`, `warning` or `error`",
        "level of the logs (JSON when standard error is not a terminal)",
        "all",
        shown="`info` for `up`, `api` and `worker`, else `warning`",
    )
    traces = Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        as_url_if_any,
        "address",
        "where workers and the API send traces, by OTLP over HTTP ([below](#traces)); with it count the other `OTEL_…` "
        "variables of the standard",
        "all",
        shown="none: no traces",
    )
    sources = Setting(
        "SHAREFLOW_SOURCES",
        as_text,
        "folder",
        "the source texts of the statutes, with which `shareflow statute check` compares quotes",
        "the command line",
        shown="none: quotes are not compared",
    )

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        """Take down what ``environ`` says, the process's own environment when left out."""
        found = os.environ if environ is None else environ
        self._texts = {each.variable: found.get(each.variable) or "" for each in every_setting()}
        self._files = {each.variable: found.get(each.file_variable) or "" for each in every_setting() if each.secret}
        ours = {*self._texts, *(each.file_variable for each in every_setting() if each.secret)}
        self.unknown = sorted(name for name in found if name.startswith(OWN) and found[name] and name not in ours)
        """Variables that begin as our settings do and are none: misspelt, or somebody's own."""
        self._of_temporal = {name: text for name, text in found.items() if name.startswith("TEMPORAL_")}

    def text(self, setting: Setting[Any]) -> str:
        """What was said for a setting, as it stands; empty when nothing was.

        Raises StartupError for a secret that is said twice, or in a file that cannot be read.
        """
        said, file = self._texts[setting.variable], self._files.get(setting.variable)
        if said and file:
            raise StartupError(f"{setting.variable} and {setting.file_variable} are both set: leave one of them out.")
        return secret_in(setting.file_variable, file) if file else said

    @property
    def secret_files(self) -> Sequence[Path]:
        """The files that were named for secrets, in the place of a text: ours, and the key of Temporal's own client."""
        return [Path(file) for file in (*self._files.values(), self._of_temporal.get(KEY_OF_TEMPORAL)) if file]

    @cached_property
    def temporal(self) -> "NamedServer":
        """The server of Temporal's own client configuration, read once; the SDK's error for a file that cannot be."""
        from protocol.connecting import named_in

        return named_in(self._of_temporal)

    def refuse_wrong_ones(self) -> None:
        """Understand every setting. Raises StartupError for the first that cannot be."""
        for each in every_setting():
            each.__get__(self, Settings)


def environment_with(said: Mapping[str, str], unsaid: str | None = None) -> dict[str, str]:
    """The environment for a process that this one starts: as it is here, with this said.

    Of variables whose name begins with ``unsaid``, only what is in ``said`` counts.
    """
    kept = {name: text for name, text in os.environ.items() if unsaid is None or not name.startswith(unsaid)}
    return {**kept, **said}


def every_setting() -> Iterator[Setting[Any]]:
    """All settings, in the order in which they are declared."""
    declared = (each for part in Settings.__mro__ for each in vars(part).values())
    return (each for each in declared if isinstance(each, Setting))
