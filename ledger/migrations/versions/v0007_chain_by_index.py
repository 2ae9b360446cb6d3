"""The rule that events are a chain finds the event before by the index, however small the table was at first.

A session keeps the plan that it made for the rule, and made among few rows that was to read the whole table: each step
then took longer with each case, until the database next analysed the table. One look for each event that is added
leaves nothing to choose.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHAIN = """
CREATE OR REPLACE FUNCTION ledger_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken record;
BEGIN
    SELECT request_id, seq, seq <> 1 AND before IS NULL AS gap INTO broken
        FROM (SELECT a.request_id, a.seq, a.prev, CASE a.seq WHEN 1 THEN decode(repeat('00', 32), 'hex')
                ELSE (SELECT b.digest FROM events b WHERE b.request_id = a.request_id AND b.seq = a.seq - 1)
                END AS before
            FROM added a OFFSET 0) AS held
        WHERE prev IS DISTINCT FROM before
        ORDER BY seq LIMIT 1;
    IF broken.gap THEN
        RAISE EXCEPTION 'Ledger rule: event % of % comes after one that is missing (台账序号不得间断).',
            broken.seq, broken.request_id USING ERRCODE = 'restrict_violation';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'Ledger rule: event % of % must carry the digest of the event before (台账摘要链不得断开).',
            broken.seq, broken.request_id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    """Replace the rule's function; what it refuses and lets through is the same."""
    op.execute(CHAIN)
