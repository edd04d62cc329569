#!/usr/bin/env bash
# Measures GET of one consumer, of lists and of /metrics, with 32 connections. The consumers are stopped, so no Kafka runs.
#
# usage: tests/bench/lists.sh [--connect] [SECONDS]       10 s for each row
#
# --connect also measures Kafka Connect (distributed, with stopped connectors) on the same machine, in turn with the
# server. Maven gets it; it needs a Kafka, which runs meanwhile.
#
# Builds the server; needs wrk (apt-get install wrk). Its files are in /dev/shm.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/own_server.sh
. tests/bench/own_connect.sh
with_connect=
[ "${1:-}" != --connect ] || { with_connect=yes; shift; }
seconds=${1:-10}
[ -d build/release ] || cmake --preset release >/dev/null
cmake --build --preset release --target kafka-fetcher-server >/dev/null
dir=$(mktemp -d /dev/shm/kfs-lists.XXXXXX)
trap 'end_own_servers; stop_connect; rm -rf "$dir"' EXIT
own_server build/release/kafka-fetcher-server data LOG_LEVEL=WARNING

# create COUNT: creates stopped consumers, and prints the id of the last one.
create() {
  python3 - "$port" "$1" "$dir" <<'PY'
import http.client, json, sys
port, consumers, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
api = http.client.HTTPConnection("127.0.0.1", port)
for number in range(consumers):
    api.request("POST", "/consumers", json.dumps({
        "broker_ip": "127.0.0.1", "broker_port": 9092, "topic": "lists", "consumer_group": f"lists-{number}",
        "auto_start": False, "processor_configs": [
            {"processor_type": "file_sink", "config": {"file_path": f"{directory}/out/{number}"}}]}),
        {"Content-Type": "application/json"})
    answer = api.getresponse()
    body = answer.read()
    assert answer.status == 201, body
print(json.loads(body)["consumer_id"])
PY
}
# rate NAME URL: prints how many requests are answered in a second.
rate() {
  wrk -t1 -c32 "-d${seconds}s" "$2" |
    awk -v name="$1" '/^Requests\/sec/ { printf "%-44s %8d requests/s\n", name, $2 } /Non-2xx/ { print; exit 1 }'
}

api=http://127.0.0.1:$port
id=$(create 20)
if [ -n "$with_connect" ]; then
  start_connect 20
  for round in warm 1 2 3; do
    echo "-- round $round"
    rate "one consumer" "$api/consumers/$id"
    rate "Connect: status of one connector" "$connect/connectors/lists-1/status"
    rate "Connect: configuration of one connector" "$connect/connectors/lists-1"
    rate "20 consumers" "$api/consumers/"
    rate "Connect: 20 connectors, names" "$connect/connectors"
    rate "Connect: 20 connectors, status and configuration" "$connect/connectors?expand=status&expand=info"
  done
  exit
fi
rate "one consumer" "$api/consumers/$id"
rate "20 consumers" "$api/consumers/"
create 980 >/dev/null
rate "1,000 consumers" "$api/consumers/"
for _ in 1 2 3; do
  curl -s -o /dev/null -w '/metrics of 1,000 %{time_total} s\n' "$api/metrics"
done
