#!/usr/bin/env bash
# From a fresh clone to messages in a file: installs, builds, starts Kafka and the server, makes a consumer over the
# REST API, sends messages through it and shows them in the file with lag 0. With --replicas: several servers on one
# PostgreSQL, one of which is killed.
set -euo pipefail
exec </dev/null

usage() {
  cat <<'USAGE'
usage: quickstart.sh [--keep] [--replicas N]

  --keep        leave everything running, and tell how to stop it
  --replicas N  start N linked servers (2 to 9) on one PostgreSQL, make 2 N consumers, kill one server with -9 while messages
                are sent, and count that nothing is lost or doubled; GET /cluster before and after

KAFKA_BOOTSTRAP_SERVERS: use this Kafka instead of starting one.
KFS_SERVER_BINARY: use this server instead of building one.
USAGE
}

keep=no replicas=1
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=yes ;;
    --replicas)
      [[ ${2:-} =~ ^[2-9]$ ]] || { usage >&2; exit 1; }
      replicas=$2
      shift
      ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 1 ;;
  esac
  shift
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"
work=$(mktemp -d "${TMPDIR:-/tmp}/kafka-fetcher-quickstart.XXXXXX")
readonly root work replicas
readonly kafka=$root/deploy/kafka.sh postgres=$root/deploy/postgres.sh
readonly server=${KFS_SERVER_BINARY:-$root/build/release/kafka-fetcher-server}
readonly topic=quickstart-${work##*.}
group=$topic file=$work/messages.log file_path=$work/messages.log
readonly patience_s=60
if [ "$replicas" -gt 1 ]; then readonly message_count=3000; else readonly message_count=12; fi
bootstrap=${KAFKA_BOOTSTRAP_SERVERS:-}
own_kafka=no topic_made=no succeeded=no
names=() server_pids=() # of the servers that shall run

step() { printf '\n==> %s\n' "$*"; }

fail() {
  printf 'quickstart: %s\n' "$*" >&2
  exit 1
}

server_runs() {
  local pid
  for pid in "${server_pids[@]}"; do kill -0 "$pid" 2>/dev/null || return 1; done
}

. "$root/deploy/message_check.sh"
if [ "$replicas" -gt 1 ]; then . "$root/deploy/replica_check.sh"; fi

stop_servers() {
  local pid deadline=$((SECONDS + 30))
  for pid in "${server_pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${server_pids[@]}"; do
    while kill -0 "$pid" 2>/dev/null; do
      if [ $SECONDS -ge $deadline ]; then kill -KILL "$pid" 2>/dev/null || true; fi
      sleep 0.1
    done
  done
}

# Somebody else's Kafka is left as it was found.
leave_kafka() {
  if [ $own_kafka = yes ]; then
    "$kafka" stop "$work/kafka"
  elif [ $topic_made = yes ]; then
    local made
    for made in "${groups[@]:-$group}"; do
      "$kafka" groups --bootstrap-server "$bootstrap" --delete --group "$made" >/dev/null 2>&1 || true
    done
    "$kafka" topics --bootstrap-server "$bootstrap" --delete --topic "$topic" >/dev/null 2>&1 || true
  fi
}

end_all() {
  local name
  [ $succeeded = yes ] || for name in "${names[@]}"; do
    printf '\nThe end of the log of %s:\n' "$name" >&2
    tail -n 20 "$work/$name.log" >&2
  done
  if [ $succeeded = yes ] && [ $keep = yes ]; then return; fi
  [ -z "${sender_pid:-}" ] || kill "$sender_pid" 2>/dev/null || true
  stop_servers
  leave_kafka || true
  if [ "$replicas" -gt 1 ]; then "$postgres" stop "$work/postgres" || true; fi
  rm -rf "$work"
}
trap end_all EXIT
trap 'exit 1' INT TERM HUP

build_server() {
  [ -z "${KFS_SERVER_BINARY:-}" ] || return 0
  { cmake --preset release && cmake --build --preset release --target kafka-fetcher-server; } >"$work/build.log" 2>&1 || {
    tail -n 40 "$work/build.log" >&2
    fail "the build failed; its end is above"
  }
}

start_kafka() {
  own_kafka=yes # from here on, it may have to be stopped
  bootstrap=$("$kafka" start "$work/kafka")
}

# 8000 if nobody listens there, else one that the server picks. Several servers pick theirs.
wanted_port() {
  if [ "$replicas" -gt 1 ] || (exec 3<>/dev/tcp/127.0.0.1/8000) 2>/dev/null; then printf 0; else printf 8000; fi
}

# start_server NAME VARIABLE=VALUE...
start_server() {
  local name=$1
  shift
  : >"$work/$name.log"
  cd "$work" # a .env of the tree does not count here
  setsid env -u DATABASE_URL -u KFS_CONFIG -u AUTH_MODE -u CLUSTER_HOST -u CLUSTER_PORT -u CLUSTER_ADVERTISE \
    -u CLUSTER_CERTIFICATE -u CLUSTER_KEY -u CLUSTER_CA -u CLUSTER_INSECURE -u REPLICA_ID -u REPLICA_CAPACITY \
    HTTP_HOST=127.0.0.1 HTTP_PORT="$(wanted_port)" DATA_DIR="$work/data" \
    FILE_SINK_DIRECTORIES="$work" KAFKA_BOOTSTRAP_SERVERS="$bootstrap" LOG_FORMAT=text LOG_LEVEL=INFO "$@" "$server" \
    >>"$work/$name.log" 2>&1 &
  names+=("$name") server_pids+=("$!")
  disown "$!" # bash would tell of its end
  cd "$root"
}

server_log_port() {
  sed -n 's/^.* listening .*port=\([0-9][0-9]*\).*$/\1/p' "$work/$1.log" | head -n 1
}

# server_ready NAME
server_ready() {
  local port
  port=$(server_log_port "$1")
  [ -n "$port" ] && request "http://127.0.0.1:$port/health/ready" >/dev/null 2>&1
}

check_one_server() {
  step "POST $url/consumers/"
  local created consumer_id
  created=$(create_consumer)
  jq . <<<"$created"
  consumer_id=$(jq -er .consumer_id <<<"$created")

  step "Sending $message_count messages to the topic $topic"
  send_messages
  until_true "the last message in $file" all_in_file
  printf '%s\n' "$file:"
  cat "$file"

  step "GET $url/monitor/consumer-group-lag?group_id=$group&topic=$topic"
  until_true "lag 0" all_committed
  lag | jq .

  step "GET $url/consumers/$consumer_id"
  request "$url/consumers/$consumer_id" | jq '{consumer_id, topic, consumer_group, status, last_error}'
}

step "Installing what is missing"
wanted=(kafka tools)
[ -n "${KFS_SERVER_BINARY:-}" ] || wanted+=(build)
[ "$replicas" = 1 ] || wanted+=(postgres)
deploy/install-dependencies.sh "${wanted[@]}"

if [ -z "${KFS_SERVER_BINARY:-}" ]; then
  step "Building the server (some minutes the first time)"
  build_server
else
  step "Using the server of KFS_SERVER_BINARY"
fi
printf '%s\n' "$("$server" --version)"

if [ -z "$bootstrap" ]; then
  step "Starting Kafka"
  "$kafka" fetch
  start_kafka
else
  step "Using the Kafka of KAFKA_BOOTSTRAP_SERVERS"
fi
printf 'Kafka answers at %s\n' "$bootstrap"
make_topic
topic_made=yes

if [ "$replicas" -gt 1 ]; then
  step "Starting PostgreSQL and $replicas servers"
  chmod a+x "$work" # PostgreSQL has a user of its own where this script runs as root
  database_url=$("$postgres" start "$work/postgres")
  for ((i = 1; i <= replicas; ++i)); do
    start_server "replica-$i" REPLICA_ID="replica-$i" DATABASE_URL="$database_url" CLUSTER_HOST=127.0.0.1
  done
  for name in "${names[@]}"; do
    until_true "the readiness of $name" server_ready "$name"
    printf '%s answers at http://127.0.0.1:%s\n' "$name" "$(server_log_port "$name")"
  done
  url=http://127.0.0.1:$(server_log_port replica-1)
  check_replicas
else
  step "Starting the server"
  start_server server
  until_true "the server's readiness" server_ready server
  url=http://127.0.0.1:$(server_log_port server)
  printf 'The server answers at %s\n' "$url"
  check_one_server
fi

succeeded=yes
if [ $keep = yes ]; then
  step "Running: $url (logs: $work). To stop it and remove its files:"
  printf 'kill %s; ' "${server_pids[*]}"
  printf 'tail --pid=%s -f /dev/null; ' "${server_pids[@]}"
  [ "$replicas" = 1 ] || printf '%q stop %q; ' "$postgres" "$work/postgres"
  [ $own_kafka = no ] || printf '%q stop %q; ' "$kafka" "$work/kafka"
  printf 'rm -rf %q\n' "$work"
elif [ "$replicas" -gt 1 ]; then
  step "All $message_count messages are in every file once, lag 0. Ending what was started."
else
  step "All $message_count messages are in the file, lag 0. Ending what was started."
fi
