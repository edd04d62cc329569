#!/usr/bin/env bash
# Measures GET of one consumer, of lists and of /metrics, with 32 connections. The consumers are stopped, so no Kafka runs.
# Prints requests a second, and the CPU time of the server for each: the client runs on the same machine.
#
# usage: tests/bench/lists.sh [--connect] [SECONDS]       10 s for each row
#
# --connect also measures Kafka Connect (distributed, with stopped connectors) on the same machine, in turn with the
# server. Maven gets it; it needs a Kafka, which runs meanwhile. After a first round, in which Connect's JVM compiles, each
# of the two has core 0, and the client core 1, so that the client takes no time from either.
#
# Builds the server; needs wrk (deploy/install-dependencies.sh bench). Its files are in /dev/shm.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/own_server.sh
. tests/bench/own_connect.sh
. tests/bench/answer_rate.sh
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
# rate NAME PID URL: prints how many requests are answered in a second, and the process' CPU time for each.
rate() { answer_rate "$2" "$3" "$seconds" | awk -v name="$1" '{ printf "%-50s %8d/s %8.1f us\n", name, $1, $2 }'; }

api=http://127.0.0.1:$port
id=$(create 20)
if [ -n "$with_connect" ]; then
  start_connect 20
  for round in warm 1 2 3; do
    echo "-- round $round"
    if [ "$round" = 1 ]; then
      for pid in "$server" "$connect_pid"; do taskset -acp 0 "$pid" >/dev/null; done
      client=(taskset -c 1)
    fi
    rate "one consumer" "$server" "$api/consumers/$id"
    rate "Connect: status of one connector" "$connect_pid" "$connect/connectors/lists-1/status"
    rate "Connect: configuration of one connector" "$connect_pid" "$connect/connectors/lists-1"
    rate "20 consumers" "$server" "$api/consumers/"
    rate "Connect: 20 connectors, names" "$connect_pid" "$connect/connectors"
    rate "Connect: 20 connectors, status and configuration" "$connect_pid" "$connect/connectors?expand=status&expand=info"
  done
  exit
fi
rate "one consumer" "$server" "$api/consumers/$id"
rate "20 consumers" "$server" "$api/consumers/"
create 980 >/dev/null
rate "1,000 consumers" "$server" "$api/consumers/"
for _ in 1 2 3; do
  curl -s -o /dev/null -w '/metrics of 1,000 %{time_total} s\n' "$api/metrics"
done
