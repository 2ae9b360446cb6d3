"""The database function that records a step, so that a step is one round trip and one transaction.

``ledger.recording`` builds its argument and interprets its answers.
"""

# The number is "calen" in ASCII, see ledger.queries.calendars. The lock is taken first, in a statement of its own,
# because each statement of the function sees what was committed before it began.
_CALENDAR = """
CREATE FUNCTION calendar_is_still(editions integer) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(426836256110);
    RETURN (SELECT count(*) FROM calendar_editions) = editions;
END $$;
"""

_EVENTS_AS_JSON = """
CREATE FUNCTION events_as_json(its_id text, after integer, with_key text) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
            'seq', seq, 'at', at, 'type', type, 'actor', actor, 'stage', stage, 'statute', statute, 'article', article,
            'data', data, 'clock', clock, 'key', key, 'prev', encode(prev, 'hex'), 'digest', encode(digest, 'hex'),
            'salt', encode(salt, 'hex')) ORDER BY seq), '[]')
        FROM events WHERE request_id = its_id AND seq > after
            AND (with_key IS NULL OR key = with_key)
$$;
"""

# As domain.engine.evolve.fold_clock: how an event changes a clock that was started in an earlier step.
_MOVE_CLOCK = """
CREATE FUNCTION move_clock(its_id text, move jsonb) RETURNS void LANGUAGE sql VOLATILE AS $$
    UPDATE clocks SET
        warned = warned + (move ->> 'type' = 'clock_warned')::integer,
        climbed = climbed + (move ->> 'type' = 'urged')::integer,
        state = CASE move ->> 'type'
            WHEN 'clock_breached' THEN 'breached'
            WHEN 'clock_met' THEN
                CASE WHEN state = 'breached' OR (move ->> 'untold')::boolean AND due_at <= (move ->> 'at')::timestamptz
                    THEN 'met_late' ELSE 'met' END
            WHEN 'clock_superseded' THEN 'superseded'
            WHEN 'clock_cancelled' THEN CASE state WHEN 'breached' THEN state ELSE 'cancelled' END
            ELSE state END,
        ended_at = CASE WHEN move ->> 'type' IN ('clock_met', 'clock_superseded', 'clock_cancelled')
            THEN (move ->> 'at')::timestamptz ELSE ended_at END
    WHERE request_id = its_id AND number = (move ->> 'number')::integer
$$;
"""

# The events come as their digests cover them, with commitments in place of persons, who are passed beside them.
#
# A transaction that waits for the row of a case has no id yet, and gets a higher one than the transaction it waited
# for. So the messages of a case are in the order of its events.
RECORD_STEP = """
CREATE FUNCTION record_step(step jsonb) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    its_id text    := step ->> 'request_id';
    head   integer := (step ->> 'head')::integer;
    its_key text   := step ->> 'key';
    there  record;
    before text;
    place  bigint;
    files  boolean := step ? 'filing';
    filed  boolean := false;
    next   record;
BEGIN
    IF step ? 'editions' AND NOT calendar_is_still((step ->> 'editions')::integer) THEN
        RETURN '{"outcome": "calendar_changed"}';
    END IF;
    IF files THEN
        IF (SELECT count(*) FROM rule_texts
                WHERE digest IN (step #>> '{filing,statute_digest}', step #>> '{filing,policy_digest}')) < 2 THEN
            RETURN '{"outcome": "text_missing"}';
        END IF;
        INSERT INTO cases (
            request_id, statute, statute_digest, policy_digest, procedure, requester_code, requester_name,
            provider_code, provider_name, resource_code, resource_name, sharing_class, stage, outcome, filed_at,
            closed_at, seq, head_digest, algorithm, filing_key, filing_digest, workflow_id, opened_by, superior,
            due_at, due_unit, due_amount, breached, extension_asked, rung)
        SELECT
            its_id, f.statute, f.statute_digest, f.policy_digest, f.procedure, f.requester_code, f.requester_name,
            f.provider_code, f.provider_name, f.resource_code, f.resource_name, f.sharing_class, f.stage, f.outcome,
            f.filed_at, f.closed_at, f.seq, f.head_digest, f.algorithm, f.filing_key, f.filing_digest, f.workflow_id,
            f.opened_by, f.superior, f.due_at, f.due_unit, f.due_amount, f.breached, f.extension_asked, f.rung
        FROM jsonb_populate_record(NULL::cases, step -> 'filing') f
        ON CONFLICT DO NOTHING;
        filed := FOUND;
    END IF;
    IF filed THEN
        INSERT INTO filings VALUES (its_id, step -> 'application');
    ELSE
        SELECT seq, head_digest, algorithm INTO there FROM cases WHERE request_id = its_id FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RETURN jsonb_build_object('outcome', CASE WHEN files THEN 'key_reused' ELSE 'no_case' END);
        ELSIF there.seq < head THEN
            RETURN jsonb_build_object('outcome', 'behind', 'head', there.seq);
        END IF;
        IF there.seq > head THEN
            RETURN jsonb_build_object('outcome', 'ahead', 'head', there.seq, 'digest', there.head_digest,
                'algorithm', there.algorithm, 'events', events_as_json(its_id, head, NULL));
        END IF;
        IF its_key IS NOT NULL THEN
            SELECT key INTO before FROM events
                WHERE caller_mark(request_id, caller_part(key)) = caller_mark(its_id, caller_part(its_key))
                    AND key IS NOT NULL AND request_id = its_id AND caller_part(key) = caller_part(its_key) LIMIT 1;
            IF before = its_key THEN
                RETURN jsonb_build_object('outcome', 'before', 'head', there.seq, 'digest', there.head_digest,
                    'algorithm', there.algorithm, 'events', events_as_json(its_id, 0, its_key));
            ELSIF FOUND THEN
                RETURN jsonb_build_object('outcome', 'key_reused', 'head', there.seq, 'digest', there.head_digest);
            END IF;
        END IF;
        IF NOT step ? 'events' THEN
            RETURN jsonb_build_object('outcome', 'level', 'head', there.seq, 'digest', there.head_digest,
                'algorithm', there.algorithm);
        ELSIF (there.head_digest, there.algorithm) IS DISTINCT FROM (step ->> 'prev', step ->> 'algorithm') THEN
            RETURN '{"outcome": "other_chain"}';
        END IF;
    END IF;

    INSERT INTO events (
        request_id, seq, at, type, actor, stage, statute, article, data, clock, key, prev, digest, salt)
        SELECT its_id, (e ->> 'seq')::integer, (e ->> 'at')::timestamptz, e ->> 'type',
            CASE WHEN step -> 'persons' ->> (n - 1)::integer IS NULL THEN e -> 'actor'
                ELSE jsonb_set(e -> 'actor', '{person}', step -> 'persons' -> (n - 1)::integer) END,
            e ->> 'stage', e ->> 'statute', e ->> 'article', e -> 'data', nullif(e -> 'clock', 'null'), e ->> 'key',
            decode(e ->> 'prev', 'hex'), decode(step -> 'digests' ->> (n - 1)::integer, 'hex'),
            decode(step -> 'salts' ->> (n - 1)::integer, 'hex')
        FROM jsonb_array_elements(step -> 'events') WITH ORDINALITY AS listed (e, n);
    IF step ? 'clocks' THEN
        INSERT INTO clocks
            SELECT its_id, c.number, c.seq, c.id, c.started_at, c.amount, c.unit, c.due_date, c.due_at, c.provisional,
                c.state, c.ended_at, c.warned, c.climbed
            FROM jsonb_populate_recordset(NULL::clocks, step -> 'clocks') c;
    END IF;
    PERFORM move_clock(its_id, move) FROM jsonb_array_elements(step -> 'moves') AS listed (move);
    IF NOT filed THEN
        IF step ? 'clocks' OR step ? 'moves' THEN
            SELECT min(c.due_at) AS due_at, (array_agg(c.unit ORDER BY c.due_at, c.number))[1] AS unit,
                    (array_agg(c.amount ORDER BY c.due_at, c.number))[1] AS amount,
                    coalesce(bool_or(c.state = 'breached'), false) AS late
                INTO next FROM clocks c WHERE c.request_id = its_id AND c.ended_at IS NULL;
        ELSE
            SELECT c.due_at, c.due_unit AS unit, c.due_amount AS amount, c.breached AS late
                INTO next FROM cases c WHERE c.request_id = its_id;
        END IF;
        UPDATE cases SET
            stage = step #>> '{after,stage}', seq = (step #>> '{after,seq}')::integer,
            head_digest = step #>> '{after,head_digest}', updated_at = clock_timestamp(),
            outcome = coalesce(step #>> '{after,outcome}', outcome),
            closed_at = coalesce((step #>> '{after,closed_at}')::timestamptz, closed_at),
            due_at = next.due_at, due_unit = next.unit, due_amount = next.amount, breached = next.late,
            extension_asked = coalesce((step #>> '{after,extension_asked}')::boolean, extension_asked),
            rung = greatest(rung, (step #>> '{after,rung}')::smallint)
        WHERE request_id = its_id;
    END IF;
    place := outbox_here() - 1;
    INSERT INTO outbox (position, request_id, seq, type)
        SELECT place + n, its_id, (e ->> 'seq')::integer, e ->> 'type'
        FROM jsonb_array_elements(step -> 'events') WITH ORDINALITY AS listed (e, n);
    RETURN '{"outcome": "written"}';
END $$;
"""

RECORDING = (_CALENDAR, _EVENTS_AS_JSON, _MOVE_CLOCK, RECORD_STEP)
