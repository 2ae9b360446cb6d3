#!/bin/sh
# /usr/local/sbin/shareflow: the command line with the settings of the units, for root.
# RELEASE=0.4.0 before it takes that release, where several are installed.
set -eu
secrets=/etc/shareflow/credentials
set -a
. /etc/shareflow/shareflow.env
SHAREFLOW_STATE=/var/lib/shareflow
SHAREFLOW_DATABASE_URL_FILE=$secrets/database-url
SHAREFLOW_MIGRATION_URL_FILE=$secrets/migration-url
SHAREFLOW_LOG_KEY=$secrets/log-key
if [ -e "$secrets/payload-keys" ]; then
    SHAREFLOW_PAYLOAD_KEYS=$secrets/payload-keys
fi
set +a
exec "/opt/shareflow/${RELEASE:-.venv}/bin/shareflow" "$@"
