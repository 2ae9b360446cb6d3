#!/bin/sh
# Brings the two databases of Temporal's own store to the schema of the admin-tools image in which this runs. Both are
# there, empty or of an earlier version, and belong to the role; repeated, nothing changes.
set -eu
: "${POSTGRES_SEEDS:?names the server}" "${POSTGRES_USER:?names the role}" "${SQL_PASSWORD:?is its password}"

tool() {
    database=$1
    shift
    temporal-sql-tool --plugin postgres12_pgx --ep "$POSTGRES_SEEDS" -p "${DB_PORT:-5432}" -u "$POSTGRES_USER" --db "$database" "$@"
}

# update DATABASE WHICH: one without a schema is given its first one before.
update() {
    versions=/etc/temporal/schema/postgresql/v12/$2/versioned
    tool "$1" update-schema -d "$versions" && return
    tool "$1" setup-schema -v 0.0
    tool "$1" update-schema -d "$versions"
}

update "${DBNAME:-temporal}" temporal
update "${VISIBILITY_DBNAME:-temporal_visibility}" visibility
