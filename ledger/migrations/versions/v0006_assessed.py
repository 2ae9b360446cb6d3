"""What each case counts for in an assessment, kept so that the figures of a period are added up, not looked up.

The tables are empty at first: who asks for an assessment fills them from the cases that are there, a piece at a time,
and keeps them from then on. Processes of the version before know nothing of them and need not.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ASSESSED = """
CREATE TABLE assessed_mark (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    rules    text NOT NULL,
    position bigint NOT NULL,
    filled   text
);

CREATE TABLE assessed_kinds (
    number    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code      text NOT NULL,
    name      text NOT NULL,
    procedure text NOT NULL,
    statute   text NOT NULL,
    superior  text NOT NULL,
    CONSTRAINT assessed_kinds_once UNIQUE (code, name, procedure, statute, superior)
);

CREATE TABLE assessed_parts (
    request_id text NOT NULL REFERENCES cases (request_id),
    role       text NOT NULL,
    kind       integer NOT NULL REFERENCES assessed_kinds (number),
    filed_at   timestamptz NOT NULL,
    seq        integer NOT NULL,
    measures   integer NOT NULL,
    outcome    text,
    PRIMARY KEY (request_id, role)
);
CREATE INDEX assessed_parts_by_filing ON assessed_parts (filed_at, request_id);

CREATE TABLE assessed_limits (
    request_id text NOT NULL REFERENCES cases (request_id),
    number     integer NOT NULL,
    kind       integer NOT NULL REFERENCES assessed_kinds (number),
    filed_at   timestamptz NOT NULL,
    policy     boolean NOT NULL,
    late       boolean NOT NULL,
    began      date NOT NULL,
    due        date NOT NULL,
    ended      date,
    PRIMARY KEY (request_id, number)
);
CREATE INDEX assessed_limits_by_filing ON assessed_limits (filed_at);
"""


def upgrade() -> None:
    """Create the tables, empty."""
    op.execute(ASSESSED)
