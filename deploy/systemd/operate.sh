#!/bin/sh
# /usr/local/sbin/shareflow: the command line with the settings of the units, for root.
# RELEASE=0.4.0 before it takes that release, where several are installed.
set -eu
secrets=/etc/shareflow/credentials
# As systemd reads it: what stands behind the = is the value, spaces and signs too, but for quotes around all of it; what
# follows a backslash stands for itself.
while read -r line || [ -n "$line" ]; do
    case $line in
    [A-Za-z_]*=*) ;;
    *) continue ;;
    esac
    value=${line#*=}
    case $value in
    \"*\" | \'*\') value=${value#?} value=${value%?} ;;
    *\\*) value=$(printf '%s\n' "$value" | sed 's/\\\(.\)/\1/g') ;;
    esac
    export "${line%%=*}=$value"
done < /etc/shareflow/shareflow.env
export SHAREFLOW_STATE=/var/lib/shareflow
export SHAREFLOW_DATABASE_URL_FILE=$secrets/database-url
export SHAREFLOW_MIGRATION_URL_FILE=$secrets/migration-url
export SHAREFLOW_LOG_KEY=$secrets/log-key
if [ -e "$secrets/payload-keys" ]; then
    export SHAREFLOW_PAYLOAD_KEYS=$secrets/payload-keys
fi
exec "/opt/shareflow/${RELEASE:-.venv}/bin/shareflow" "$@"
