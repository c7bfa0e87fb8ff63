#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A private PostgreSQL for tests: a cluster in a new directory, on a socket there and, with TLS, on a free port of loopback.
#
# usage: cluster.sh start STATE | stop STATE | restart STATE | kill STATE
#
# STATE is a file that start writes and the others read: directory, port. The directory has the socket, the CA (ca.pem), another
# CA that signed nothing (other_ca.pem), and a password file (passfile) of the user kv_net, who may come by TLS alone.
# PostgreSQL refuses to run as root; then it runs as nobody. KVC_TEST_POSTGRESQL_FSYNC=on: commits reach the disk (benches); without it the
# directory is in memory where there is plenty, because a run leaves a hundred thousand small files, and a disk takes minutes to remove them.
set -euo pipefail

action=${1:?usage: cluster.sh start|stop|restart|kill STATE}
state=${2:?usage: cluster.sh start|stop|restart|kill STATE}
fsync=${KVC_TEST_POSTGRESQL_FSYNC:-off}
bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -1)

as_owner() {
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
  else
    "$@"
  fi
}
control() {
  (cd / && as_owner "$bin/pg_ctl" -D "$dir/data" -s -w -t 60 "$@" >/dev/null 2>&1 </dev/null)
}

certificates() {
  local ca
  for ca in ca other_ca; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Test $ca" \
      -keyout "$dir/$ca.key" -out "$dir/$ca.pem" 2>/dev/null
  done
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" -keyout "$dir/server.key" \
    -out "$dir/server.csr" 2>/dev/null
  openssl x509 -req -in "$dir/server.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 30 \
    -extfile <(echo "subjectAltName=DNS:localhost") -out "$dir/server.pem" 2>/dev/null
  chmod 600 "$dir"/*.key
}

place() {
  local shm memory
  shm=$(df --output=avail -k /dev/shm 2>/dev/null | tail -1) || shm=0
  memory=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
  if [ "$fsync" = off ] && [ "${shm:-0}" -gt 4000000 ] && [ "${memory:-0}" -gt 8000000 ] && [ -w /dev/shm ]; then
    echo /dev/shm
  else
    echo "${TMPDIR:-/tmp}"
  fi
}

start() {
  dir=$(mktemp -d "$(place)/kvc-postgresql-XXXXXX")
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  certificates
  printf '*:*:*:kv_net:Testkennwort-1\n' >"$dir/passfile"
  printf '*:*:*:kv_net:falsches-Testkennwort\n' >"$dir/wrong_passfile"
  if [ "$(id -u)" -eq 0 ]; then
    chown -R nobody:nogroup "$dir"
  fi
  chmod 755 "$dir"
  (cd / && as_owner "$bin/initdb" -D "$dir/data" -U kv -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null)
  as_owner tee "$dir/data/pg_hba.conf" >/dev/null <<'HBA'
local all all trust
hostssl all kv_net 127.0.0.1/32 scram-sha-256
HBA
  as_owner tee -a "$dir/data/postgresql.conf" >/dev/null <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = '$dir'
ssl = on
ssl_cert_file = '$dir/server.pem'
ssl_key_file = '$dir/server.key'
fsync = $fsync
full_page_writes = $fsync
autovacuum = $fsync
max_connections = 200
shared_buffers = 32MB
dynamic_shared_memory_type = mmap  # in the directory, so that nothing stays behind in /dev/shm when a server is killed
CONF
  control -l "$dir/log" start
  (cd / && as_owner "$bin/psql" -q -h "$dir" -p "$port" -U kv -d postgres -v ON_ERROR_STOP=1 \
    -c "CREATE ROLE kv_net LOGIN PASSWORD 'Testkennwort-1'" -c "CREATE DATABASE praxis" \
    -c "GRANT CREATE ON DATABASE praxis TO kv_net" \
    -c "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
  # Passwords belong to whoever runs the tests: libpq ignores a file that others may read.
  if [ "$(id -u)" -eq 0 ]; then
    chown 0:0 "$dir/passfile" "$dir/wrong_passfile"
  fi
  chmod 600 "$dir/passfile" "$dir/wrong_passfile"
  mkdir -p "$(dirname "$state")"
  printf '%s\n%s\n' "$dir" "$port" >"$state.new"
  mv "$state.new" "$state"
}

read_state() {
  [ -f "$state" ] || return 1
  { read -r dir; read -r port; } <"$state"
  case "$dir" in */kvc-postgresql-*) ;; *) return 1 ;; esac
}

stop() {
  read_state || return 0
  control -m immediate stop || true
  rm -rf "$dir" "$state"
}

case "$action" in
  start) stop; start ;;
  stop) stop ;;
  restart) read_state; control -m fast -l "$dir/log" restart ;;
  kill)
    # As when the machine loses power: the first process goes without a word, the others follow it, then the server recovers.
    read_state
    kill -KILL "$(head -1 "$dir/data/postmaster.pid")"
    for _ in $(seq 300); do
      control -l "$dir/log" start && exit 0  # fails as long as a process of the old one is left
      sleep 0.1
    done
    exit 1
    ;;
  *) echo "usage: cluster.sh start|stop|restart|kill STATE" >&2; exit 2 ;;
esac
