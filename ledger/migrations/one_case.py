"""The database function that reads one case, so that the server caches its plan.

Planning the query takes the server ten times as long as running it.
"""

# The columns of ledger.queries.views.CaseDetail.
ONE_CASE = """
CREATE FUNCTION one_case(its_id text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT row_to_json(seen) FROM (
        SELECT request_id, statute, statute_digest, policy_digest, procedure, requester_code, requester_name,
            provider_code, provider_name, resource_code, resource_name, sharing_class, opened_by, superior, filed_at,
            filing_key, filing_digest, workflow_id, stage, outcome, closed_at, seq, head_digest, algorithm, updated_at,
            (SELECT coalesce(json_agg(json_build_object('reason', reason, 'since', since) ORDER BY since, reason), '[]')
                FROM parked WHERE parked.request_id = its_id) AS parked,
            (SELECT coalesce(json_agg(started.clock || jsonb_build_object('state', state, 'ended_at', ended_at,
                    'warned', warned, 'climbed', climbed) ORDER BY number), '[]')
                FROM clocks JOIN events AS started USING (request_id, seq)
                WHERE request_id = its_id) AS clocks,
            (SELECT application FROM filings WHERE filings.request_id = its_id) AS application
        FROM cases WHERE cases.request_id = its_id) AS seen);
END $$;
"""

READING = (ONE_CASE,)
