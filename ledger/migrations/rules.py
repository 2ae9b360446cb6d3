"""What the database itself enforces and maintains by triggers, whoever writes."""

# Statement triggers, so that even a statement that touches no row is refused; ENABLE ALWAYS, so that
# session_replication_role does not bypass them.
_ONLY_GROWS = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Ledger rule: % only grows, % is refused (台账只增不改).', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER events_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_only_grow;

CREATE TRIGGER filings_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON filings
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE filings ENABLE ALWAYS TRIGGER filings_only_grow;

CREATE TRIGGER rule_texts_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON rule_texts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE rule_texts ENABLE ALWAYS TRIGGER rule_texts_only_grow;

CREATE TRIGGER calendar_editions_only_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON calendar_editions
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE calendar_editions ENABLE ALWAYS TRIGGER calendar_editions_only_grow;

CREATE TRIGGER cases_stay BEFORE DELETE OR TRUNCATE ON cases
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE cases ENABLE ALWAYS TRIGGER cases_stay;

CREATE TRIGGER clocks_stay BEFORE DELETE OR TRUNCATE ON clocks
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE clocks ENABLE ALWAYS TRIGGER clocks_stay;

CREATE TRIGGER received_events_stay BEFORE TRUNCATE ON received_events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
ALTER TABLE received_events ENABLE ALWAYS TRIGGER received_events_stay;

CREATE TRIGGER received_events_only_grow BEFORE UPDATE OR DELETE ON received_events FOR EACH ROW
    WHEN (OLD.effect IS NOT NULL)
    EXECUTE FUNCTION ledger_refuse();
ALTER TABLE received_events ENABLE ALWAYS TRIGGER received_events_only_grow;
"""

# Once for each statement, whatever the number of events: the primary key excludes duplicates, and each event must find
# its predecessor with the digest that it carries.
_CHAIN = """
CREATE FUNCTION ledger_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT a.request_id, a.seq, a.seq <> 1 AND b.seq IS NULL AS gap INTO broken
        FROM added a LEFT JOIN events b ON b.request_id = a.request_id AND b.seq = a.seq - 1
        WHERE a.prev IS DISTINCT FROM CASE a.seq WHEN 1 THEN decode(repeat('00', 32), 'hex') ELSE b.digest END
        ORDER BY a.seq LIMIT 1;
    IF broken.gap THEN
        RAISE EXCEPTION 'Ledger rule: event % of % comes after one that is missing (台账序号不得间断).',
            broken.seq, broken.request_id USING ERRCODE = 'restrict_violation';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'Ledger rule: event % of % must carry the digest of the event before (台账摘要链不得断开).',
            broken.seq, broken.request_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER events_chain AFTER INSERT ON events REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_chain();
ALTER TABLE events ENABLE ALWAYS TRIGGER events_chain;
"""

_AS_FILED = """
CREATE FUNCTION ledger_as_filed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Ledger rule: what % was filed or started with does not change (登记内容不改).', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER cases_as_filed BEFORE UPDATE ON cases FOR EACH ROW
    WHEN ((OLD.request_id, OLD.statute, OLD.statute_digest, OLD.policy_digest, OLD.procedure, OLD.requester_code,
           OLD.provider_code, OLD.resource_code, OLD.sharing_class, OLD.filed_at, OLD.algorithm, OLD.filing_key,
           OLD.filing_digest, OLD.opened_by, OLD.superior)
          IS DISTINCT FROM
          (NEW.request_id, NEW.statute, NEW.statute_digest, NEW.policy_digest, NEW.procedure, NEW.requester_code,
           NEW.provider_code, NEW.resource_code, NEW.sharing_class, NEW.filed_at, NEW.algorithm, NEW.filing_key,
           NEW.filing_digest, NEW.opened_by, NEW.superior)
          OR NEW.seq < OLD.seq)
    EXECUTE FUNCTION ledger_as_filed();
ALTER TABLE cases ENABLE ALWAYS TRIGGER cases_as_filed;

CREATE TRIGGER clocks_as_started BEFORE UPDATE ON clocks FOR EACH ROW
    WHEN ((OLD.request_id, OLD.number, OLD.seq, OLD.id, OLD.started_at, OLD.amount, OLD.unit, OLD.due_date,
           OLD.due_at, OLD.provisional)
          IS DISTINCT FROM
          (NEW.request_id, NEW.number, NEW.seq, NEW.id, NEW.started_at, NEW.amount, NEW.unit, NEW.due_date,
           NEW.due_at, NEW.provisional))
    EXECUTE FUNCTION ledger_as_filed();
ALTER TABLE clocks ENABLE ALWAYS TRIGGER clocks_as_started;

CREATE TRIGGER received_events_as_received BEFORE UPDATE ON received_events FOR EACH ROW
    WHEN (to_jsonb(OLD) - 'effect' - 'request_id' IS DISTINCT FROM to_jsonb(NEW) - 'effect' - 'request_id')
    EXECUTE FUNCTION ledger_as_filed();
ALTER TABLE received_events ENABLE ALWAYS TRIGGER received_events_as_received;
"""

# Maintained by the database in the transaction that files or supplements, so that no writer can forget it. A table
# instead of an index on the documents, because these are deep in large values. A path that leads nowhere yields
# nothing and fails nothing.
_NAMED_PAPERS = """
CREATE FUNCTION ledger_note_papers(request_id text, documents jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO named_papers (sha256, request_id)
    SELECT DISTINCT digest #>> '{}', $1 FROM jsonb_path_query(documents, 'lax $[*].sha256') AS digest
    WHERE jsonb_typeof(digest) = 'string'
    ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION ledger_note_filed_papers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_note_papers(NEW.request_id, NEW.application -> 'documents');
    RETURN NULL;
END $$;
CREATE TRIGGER filings_name_papers AFTER INSERT ON filings
    FOR EACH ROW EXECUTE FUNCTION ledger_note_filed_papers();

CREATE FUNCTION ledger_note_supplemented_papers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_note_papers(NEW.request_id, NEW.data -> 'documents');
    RETURN NULL;
END $$;
CREATE TRIGGER events_name_papers AFTER INSERT ON events
    FOR EACH ROW WHEN (NEW.type = 'supplemented') EXECUTE FUNCTION ledger_note_supplemented_papers();
"""

RULES = (_ONLY_GROWS, _CHAIN, _AS_FILED, _NAMED_PAPERS)
