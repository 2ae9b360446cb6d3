"""The register of archived histories, and the cases still to be archived, which a trigger records."""

_TABLES = """
CREATE TABLE archived_histories (
    request_id      text NOT NULL REFERENCES cases,
    run_id          text NOT NULL,
    previous_run_id text,
    ended           text NOT NULL,
    ended_at        timestamptz NOT NULL,
    sha256          bytea NOT NULL CHECK (octet_length(sha256) = 32),
    sm3             bytea NOT NULL CHECK (octet_length(sm3) = 32),
    bytes           bigint NOT NULL CHECK (bytes > 0),
    stored_as       text NOT NULL,
    archived_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (request_id, run_id)
);

CREATE TABLE unarchived (
    request_id text PRIMARY KEY REFERENCES cases,
    asked_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at     timestamptz NOT NULL DEFAULT clock_timestamp() + interval '15 seconds',
    tries      integer NOT NULL DEFAULT 0,
    problem    text
);
CREATE INDEX unarchived_by_due ON unarchived (due_at, request_id);
"""

# In the transaction that closes the case, so that none is missed, whoever writes, and nobody has to scan all cases. A
# case that closes while its earlier runs are being archived is requested again.
_ASKED_FOR = """
CREATE FUNCTION ledger_ask_for_archive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO unarchived (request_id) VALUES (NEW.request_id)
    ON CONFLICT (request_id) DO UPDATE
        SET asked_at = excluded.asked_at, due_at = excluded.due_at, tries = 0, problem = NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER cases_closed_are_archived AFTER UPDATE ON cases
    FOR EACH ROW WHEN (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL)
    EXECUTE FUNCTION ledger_ask_for_archive();

CREATE TRIGGER cases_filed_closed_are_archived AFTER INSERT ON cases
    FOR EACH ROW WHEN (NEW.closed_at IS NOT NULL) EXECUTE FUNCTION ledger_ask_for_archive();

INSERT INTO unarchived (request_id) SELECT request_id FROM cases WHERE closed_at IS NOT NULL;
"""

ARCHIVE = (_TABLES, _ASKED_FOR)
ARCHIVE_ONLY_GROWS = ("archived_histories",)
