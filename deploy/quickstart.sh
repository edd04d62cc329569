#!/usr/bin/env bash
# From a fresh clone to messages in a file: installs, builds, starts Kafka and the server, makes a consumer over the
# REST API, sends messages through it and shows them in the file with lag 0.
set -euo pipefail
exec </dev/null

usage() {
  cat <<'USAGE'
usage: quickstart.sh [--keep]

  --keep  leave Kafka and the server running, and tell how to stop them

KAFKA_BOOTSTRAP_SERVERS: use this Kafka instead of starting one.
USAGE
}

keep=no
case ${1:-} in
  '') ;;
  --keep) keep=yes ;;
  --help | -h) usage; exit 0 ;;
  *) usage >&2; exit 1 ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"
work=$(mktemp -d "${TMPDIR:-/tmp}/kafka-fetcher-quickstart.XXXXXX")
readonly root work
readonly kafka=$root/deploy/kafka.sh server=$root/build/release/kafka-fetcher-server
readonly topic=quickstart-${work##*.} group=quickstart-${work##*.}
readonly file=$work/messages.log file_path=$work/messages.log
readonly message_count=12 patience_s=60
bootstrap=${KAFKA_BOOTSTRAP_SERVERS:-}
own_kafka=no topic_made=no server_pid='' succeeded=no

step() { printf '\n==> %s\n' "$*"; }

fail() {
  printf 'quickstart: %s\n' "$*" >&2
  exit 1
}

server_runs() {
  [ -z "$server_pid" ] || kill -0 "$server_pid" 2>/dev/null
}

. "$root/deploy/message_check.sh"

stop_server() {
  [ -n "$server_pid" ] || return 0
  kill -TERM "$server_pid" 2>/dev/null || true
  local deadline=$((SECONDS + 20))
  while kill -0 "$server_pid" 2>/dev/null; do
    if [ $SECONDS -ge $deadline ]; then kill -KILL "$server_pid" 2>/dev/null || true; fi
    sleep 0.1
  done
}

# Somebody else's Kafka is left as it was found.
leave_kafka() {
  if [ $own_kafka = yes ]; then
    "$kafka" stop "$work/kafka"
  elif [ $topic_made = yes ]; then
    "$kafka" groups --bootstrap-server "$bootstrap" --delete --group "$group" >/dev/null 2>&1 || true
    "$kafka" topics --bootstrap-server "$bootstrap" --delete --topic "$topic" >/dev/null 2>&1 || true
  fi
}

end_all() {
  if [ $succeeded = no ] && [ -s "$work/server.log" ]; then
    printf '\nThe end of the server'\''s log:\n' >&2
    tail -n 20 "$work/server.log" >&2
  fi
  if [ $succeeded = yes ] && [ $keep = yes ]; then return; fi
  stop_server
  leave_kafka || true
  rm -rf "$work"
}
trap end_all EXIT
trap 'exit 1' INT TERM HUP

build_server() {
  { cmake --preset release && cmake --build --preset release --target kafka-fetcher-server; } >"$work/build.log" 2>&1 || {
    tail -n 40 "$work/build.log" >&2
    fail "the build failed; its end is above"
  }
}

start_kafka() {
  own_kafka=yes # from here on, it may have to be stopped
  bootstrap=$("$kafka" start "$work/kafka")
}

# 8000 if nobody listens there, else one that the server picks.
wanted_port() {
  if (exec 3<>/dev/tcp/127.0.0.1/8000) 2>/dev/null; then printf 0; else printf 8000; fi
}

start_server() {
  : >"$work/server.log"
  cd "$work" # a .env of the tree does not count here
  setsid env -u DATABASE_URL -u KFS_CONFIG -u AUTH_MODE -u CLUSTER_HOST -u CLUSTER_PORT \
    HTTP_HOST=127.0.0.1 HTTP_PORT="$(wanted_port)" DATA_DIR="$work/data" FILE_SINK_DIRECTORIES="$work" \
    KAFKA_BOOTSTRAP_SERVERS="$bootstrap" LOG_FORMAT=text LOG_LEVEL=INFO "$server" >>"$work/server.log" 2>&1 &
  server_pid=$!
  cd "$root"
}

server_port() {
  sed -n 's/^.* listening .*port=\([0-9][0-9]*\).*$/\1/p' "$work/server.log" | head -n 1
}

server_ready() {
  local port
  port=$(server_port)
  [ -n "$port" ] && request "http://127.0.0.1:$port/health/ready" >/dev/null 2>&1
}

step "Installing what is missing"
deploy/install-dependencies.sh build kafka tools

step "Building the server (some minutes the first time)"
build_server
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

step "Starting the server"
start_server
until_true "the server's readiness" server_ready
url=http://127.0.0.1:$(server_port)
printf 'The server answers at %s\n' "$url"

step "POST $url/consumers/"
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

succeeded=yes
if [ $keep = yes ]; then
  step "Running: $url (log: $work/server.log). To stop it and remove its files:"
  printf 'kill %s; tail --pid=%s -f /dev/null; ' "$server_pid" "$server_pid"
  [ $own_kafka = no ] || printf '%q stop %q; ' "$kafka" "$work/kafka"
  printf 'rm -rf %q\n' "$work"
else
  step "All $message_count messages are in the file, lag 0. Ending what was started."
fi
