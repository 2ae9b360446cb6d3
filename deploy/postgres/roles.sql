-- The three roles of a ledger's database, as its superuser: psql -v ON_ERROR_STOP=1 -d shareflow -f roles.sql
-- Passwords are set afterwards, each with \password ROLE; repeated, nothing changes.
--   shareflow_owner    owns the tables: `shareflow admin migrate`, `backup` and `restore`, nothing else
--   shareflow_app      workers and the API: rows of the tables that `admin migrate` lets it, each as far as it needs; what
--                      only grows is held by triggers besides, which it cannot switch off
--   shareflow_auditor  reads; whoever audits is a member of it (docs/audit.md)
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shareflow_owner') THEN
        CREATE ROLE shareflow_owner LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shareflow_app') THEN
        CREATE ROLE shareflow_app LOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shareflow_auditor') THEN
        CREATE ROLE shareflow_auditor NOLOGIN;
    END IF;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO shareflow_owner;
GRANT USAGE ON SCHEMA public TO shareflow_app, shareflow_auditor;
DO $$
BEGIN
    EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO shareflow_owner, shareflow_app, shareflow_auditor', current_database());
END $$;

-- Nothing beforehand: a table that a later version makes is closed until that version opens it.
ALTER DEFAULT PRIVILEGES FOR ROLE shareflow_owner IN SCHEMA public REVOKE ALL ON TABLES FROM shareflow_app;
ALTER DEFAULT PRIVILEGES FOR ROLE shareflow_owner IN SCHEMA public REVOKE ALL ON SEQUENCES FROM shareflow_app;

-- Nobody makes large objects: the ledger has none, and PostgreSQL lets every role.
REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;

-- A statement that is refused, as when the disk is full, would stand in the server's log with what it was to record:
-- who acted, the salts, the application. Its error stands there all the same.
ALTER ROLE shareflow_app SET log_min_error_statement = panic;
ALTER ROLE shareflow_app SET log_error_verbosity = terse;

-- What each session sets for itself; behind PgBouncer in transaction mode only these count.
ALTER ROLE shareflow_app SET lock_timeout = '10s';
ALTER ROLE shareflow_app SET idle_in_transaction_session_timeout = '20s';
ALTER ROLE shareflow_app SET timezone = 'Asia/Shanghai';
