#!/bin/bash
# What with_systemd.py has done in a machine that systemd has booted: by deploy/README.md, then what may go wrong.
export PATH=/usr/local/sbin:/usr/sbin:/usr/bin
say() { echo "$1: $2" >> /srv/said; }
ready() { for _ in $(seq 1 60); do curl -fs "http://127.0.0.1:$1/readyz" && return; sleep 1; done; echo no; }
pid() { systemctl show -p MainPID --value "$1"; }

# Each step in a shell of its own, as on another day.
typed() { bash -eu "/srv/typed/$1" >> /srv/shown 2>&1; }
# call ROLE PATH BODY: as the console and other systems do, with a token of the issuer.
call() {
    curl -s "http://127.0.0.1:8080/v1/requests$2" -H "Authorization: Bearer $(cat "/srv/token-$1")" \
        -H 'Content-Type: application/json' -H "Idempotency-Key: $1-$(date +%N)" -d "$3"
}
value() { grep -o "\"$1\":\"[^\"]*" | head -1 | cut -d'"' -f4; }

export LD_LIBRARY_PATH=/opt/python/lib  # of the Python that has this machine's place
cd /opt/source || exit
typed units
cat /srv/shareflow.env > /etc/shareflow/shareflow.env
for name in database-ca authorities; do install -m 640 -g shareflow /srv/tls/ca.pem "/etc/shareflow/$name.pem"; done
typed secrets
typed sealing
typed start
say api "$(ready 9470)"
say "worker 1" "$(ready 9471)"
say "worker 2" "$(ready 9472)"
say user "$(ps -o user= -p "$(pid shareflow-api)")"

case=$(call requester '' @/srv/filing.json | value request_id)
[ -n "$case" ] && say "a case" filed

killed=$(pid shareflow-worker@1)
kill -9 "$killed"
sleep 5
[ "$(pid shareflow-worker@1)" != "$killed" ] && say "after a kill" "$(ready 9471)"

say "the case" "$(call bureau "/$case/commands" '{"command": "accept"}' | value stage)"

before=$(pid shareflow-api)
if systemctl restart shareflow-setup; then
    say "set up again" "$(journalctl -u shareflow-setup -o cat -n 8 | grep -o "Nothing was changed")"
else
    say "set up again" "$(journalctl -u shareflow-setup -o cat -n 8 | tr "\n" " ")"
fi
[ "$(pid shareflow-api)" = "$before" ] && say "meanwhile" "$(curl -s http://127.0.0.1:8080/healthz)"

systemctl start shareflow-backup && say backup "$(cat /var/backups/shareflow/*/manifest.json | grep -o 'shareflow-backup/1')"
systemctl is-active --quiet shareflow-backup.timer && say timer active

typed proxy
say "through the proxy" "$(curl -s --cacert /srv/tls/ca.pem https://share.example.gov.cn/readyz)"
typed doctor && say doctor "$(grep -o "Shareflow is usable here." /srv/shown)"
typed builds && say "by build" "$(grep -o "is current now" /srv/shown)"
say "the case by build" "$(call requester "/$case/commands" '{"command": "withdraw", "reason": "不再需要"}' | value outcome)"
folders="/etc/shareflow /etc/shareflow/credentials /var/lib/shareflow /var/backups/shareflow"
# shellcheck disable=SC2086 - several words
say folders "$(stat -c %U:%a $folders | tr '\n' ' ')"
say secrets "$(stat -c %U:%a /etc/shareflow/credentials/* | sort -u)"

typed holding
say "held" "$(ready 9470)"
before=$(pid shareflow-api)
(
    until [ -e /srv/enough ]; do
        curl -fs -m 30 http://127.0.0.1:8080/healthz > /srv/answer || echo refused >> /srv/refusals
        sleep 0.05
    done
) &
systemctl restart shareflow-api
ready 9470 > /dev/null
touch /srv/enough /srv/refusals
wait
[ "$(pid shareflow-api)" != "$before" ] && say "called while restarted" "refused $(wc -l < /srv/refusals) times"

sed -i '/^TEMPORAL_ADDRESS=/d' /etc/shareflow/shareflow.env
systemctl restart shareflow-api 2> /dev/null || say "without Temporal" refused
