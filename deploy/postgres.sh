#!/usr/bin/env bash
# A local PostgreSQL for the tests and for trying things: one server that listens on 127.0.0.1 only.
set -euo pipefail

readonly start_patience_s=60
readonly stop_patience_s=20
readonly server_name=server
. "$(dirname "${BASH_SOURCE[0]}")/local_server.sh"

usage() {
  cat <<'USAGE'
usage: postgres.sh start DIR [PORT]   start a server with all its files below DIR, and wait until it answers; on a
                                      directory that was used before: the same port and the same data again
       postgres.sh run DIR [PORT]     the same in the foreground, without waiting
       postgres.sh stop DIR           stop the server of DIR
       postgres.sh psql DIR ARGUMENT...   PostgreSQL's own psql on the server of DIR

A started server leaves its address (with the password) in DIR/url, its process id in DIR/pid and its log in DIR/log.
PostgreSQL refuses to run as root: started by root it runs as the user postgres, to whom DIR is then given.
It does not sync to the disk: its data survives kill -9, not a power failure.
USAGE
}

# Where the distribution puts the programs of its newest version.
programs() {
  local found
  found=$(find /usr/lib/postgresql -mindepth 3 -maxdepth 3 -name initdb 2>/dev/null | sort -V | tail -n 1)
  [ -n "$found" ] || fail "initdb is not there; run deploy/install-dependencies.sh postgres"
  dirname "$found"
}

# A command as a user who may run PostgreSQL; what ends with its parent still does.
unprivileged() {
  if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid=postgres --regid=postgres --clear-groups --pdeathsig keep -- "$@"
  else
    exec "$@"
  fi
}

port_of() {
  sed -n 's/^port = \([0-9]*\)$/\1/p' "$1/data/postgresql.auto.conf"
}

is_server_of() {
  runs "$2" "postgres -D $1/data"
}

# Makes DIR ready for a first start; a directory that is ready keeps its port and its data.
prepare() {
  local directory=$1 port=$2 bin=$3
  [[ $port =~ ^[0-9]*$ ]] || fail "\"$port\" is no port"
  if running_pid "$directory" >/dev/null; then fail "a server already runs from $directory"; fi
  if [ -f "$directory/url" ] && [ -f "$directory/data/PG_VERSION" ]; then
    check_port "$directory" "$port" "$(port_of "$directory")"
    return
  fi
  if [ "$(id -u)" = 0 ]; then
    chown postgres:postgres "$directory"
    (unprivileged test -x "$directory") ||
      fail "the user postgres cannot enter $directory; make the directories above it searchable (chmod a+x)"
  fi
  [ -n "$port" ] || port=$(free_port)
  printf 'kfs\n' >"$directory/password"
  chmod 644 "$directory/password"
  (unprivileged "$bin/initdb" -D "$directory/data" -U kfs --pwfile="$directory/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C --no-sync) >"$directory/initdb.log" 2>&1 </dev/null ||
    fail "initdb failed: $(tail -n 3 "$directory/initdb.log")"
  cat >>"$directory/data/postgresql.auto.conf" <<SETTINGS
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 100
fsync = off
max_wal_size = 4GB
log_line_prefix = '%m [%p] '
SETTINGS
  printf 'postgresql://kfs:kfs@127.0.0.1:%s/postgres\n' "$port" >"$directory/url"
}

# Becomes the server itself (exec), so that whoever started this script holds its process id.
run() {
  local directory bin
  directory=$(absolute_directory "$1")
  bin=$(programs)
  prepare "$directory" "${2:-}" "$bin"
  # A server that was killed leaves its process id behind, which may be another's by now.
  rm -f "$directory/data/postmaster.pid"
  printf '%s\n' "$$" >"$directory/pid"
  cd "$directory"
  unprivileged "$bin/postgres" -D "$directory/data" >>"$directory/log" 2>&1 </dev/null
}

is_ready() {
  [ -f "$1/url" ] && "$(programs)/pg_isready" -q -t 2 -d "$(cat "$1/url")"
}

start() {
  local directory
  directory=$(absolute_directory "$1")
  if running_pid "$directory" >/dev/null; then fail "a server already runs from $directory"; fi
  start_in_background "$directory" "${2:-}" QUIT "$directory/log" is_ready "$directory"
  cat "$directory/url"
}

# Ends every session and then the server ("fast"), or all at once where that takes too long ("immediate").
stop() {
  stop_server "$1" INT QUIT
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  start | run) [ $# -ge 1 ] && [ $# -le 2 ] || { usage >&2; exit 1; }; "$command" "$@" ;;
  stop) [ $# -eq 1 ] || { usage >&2; exit 1; }; stop "$1" ;;
  psql)
    [ $# -ge 1 ] || { usage >&2; exit 1; }
    url=$(cat "$1/url")
    shift
    exec "$(programs)/psql" -X "$url" "$@"
    ;;
  --help | -h | help) usage ;;
  *) usage >&2; exit 1 ;;
esac
