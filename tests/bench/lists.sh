#!/usr/bin/env bash
# Measures GET of one consumer, of lists and of /metrics, with 32 connections. The consumers are stopped, so no Kafka runs.
#
# usage: tests/bench/lists.sh [SECONDS]       10 s for each row
#
# Builds the server; needs wrk (apt-get install wrk). Its files are in /dev/shm.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-10}
cmake --preset release >/dev/null
cmake --build --preset release --target kafka-fetcher-server >/dev/null
dir=$(mktemp -d /dev/shm/kfs-lists.XXXXXX)
HTTP_HOST=127.0.0.1 HTTP_PORT=0 DATA_DIR="$dir/data" FILE_SINK_DIRECTORIES="$dir" LOG_LEVEL=WARNING \
  build/release/kafka-fetcher-server 2>"$dir/log" &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$dir"' EXIT
port=
until port=$(ss -ltnpH | grep -F "pid=$server," | grep -om1 '127.0.0.1:[0-9]*' | cut -d: -f2) && [ -n "$port" ]; do
  kill -0 $server
done

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
# rate NAME PATH: prints how many requests are answered in a second.
rate() {
  wrk -t1 -c32 "-d${seconds}s" "http://127.0.0.1:$port$2" |
    awk -v name="$1" '/^Requests\/sec/ { printf "%-24s %8d requests/s\n", name, $2 } /Non-2xx/ { print; exit 1 }'
}

id=$(create 20)
rate "one consumer" "/consumers/$id"
rate "20 consumers" /consumers/
create 980 >/dev/null
rate "1,000 consumers" /consumers/
for _ in 1 2 3; do
  curl -s -o /dev/null -w '/metrics of 1,000 %{time_total} s\n' "http://127.0.0.1:$port/metrics"
done
