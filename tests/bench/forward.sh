#!/usr/bin/env bash
# Compares streaming_forwarder with its floor: a loop of libcurl's multi interface that posts bodies of the same size to
# the same endpoint (tests/bench/fast_endpoint.cpp). The runs alternate.
#
# usage: tests/bench/forward.sh [RECORDS [ROUNDS]]      300,000 records of 200 bytes in 4 partitions, 5 rounds
#
#   one    1 record in a request, 32 requests in flight, no order
#   batch  500 records in a request; ten times as many records
#   flaky  1 record in a request, in the order of 2 partitions; a third of all answers is 503 or 429. One in thirty of
#          the records. Its floor is "steady": the same, and no answer fails.
#
# Builds what it needs, starts its own Kafka with its files in /dev/shm, and stops it. The time runs from the POST that
# creates the consumer to the last record at the endpoint.
set -euo pipefail
cd "$(dirname "$0")/../.."
records=${1:-300000} rounds=${2:-5}
. tests/bench/own_kafka.sh
own_kafka forward fast_endpoint forward_floor fill_topic
trap 'kill ${endpoint:-} ${flaky:-} 2>/dev/null || true; end_of_bench' EXIT
build/release/tests/bench/fill_topic "$bootstrap" one 4 "$records" 200
build/release/tests/bench/fill_topic "$bootstrap" batch 4 "$((records * 10))" 200
for name in steady flaky; do build/release/tests/bench/fill_topic "$bootstrap" $name 2 "$((records / 30))" 200; done
build/release/tests/bench/fast_endpoint >"$dir/endpoint" &
endpoint=$!
build/release/tests/bench/fast_endpoint 3 >"$dir/flaky" &
flaky=$!
until [ -s "$dir/endpoint" ] && [ -s "$dir/flaky" ]; do kill -0 $endpoint $flaky; done
url=http://127.0.0.1:$(cat "$dir/endpoint")

now() { date +%s.%N; }
row() { awk -v n="$1" -v s="$2" -v r="$3" 'BEGIN { printf "%-13s %12.0f\n", n, r / s }' | tee -a "$dir/rows"; }
# floor NAME REQUESTS BYTES RECORDS
floor() { row "$1/floor" "$(build/release/tests/bench/forward_floor "$url/in" "$2" "$3" 32)" "$4"; }
# server NAME ROUND RECORDS CONFIG: waits for the bytes of all records and of the arrays' commas and brackets
server() {
  local name=$1 round=$2 count=$3 config=$4 log="$dir/log-$1-$2" port begun ended
  HTTP_HOST=127.0.0.1 HTTP_PORT=0 DATA_DIR="$dir/data-$name-$round" \
    build/release/kafka-fetcher-server 2>"$log" &
  running=$!
  until port=$(grep -som1 'port=[0-9]*' "$log" | cut -d= -f2) && [ -n "$port" ]; do kill -0 $running; done
  begun=$(now)
  curl -sf "http://127.0.0.1:$port/consumers" -H 'Content-Type: application/json' -d '{
    "broker_ip": "127.0.0.1", "broker_port": '"${bootstrap##*:}"', "topic": "'"$name"'",
    "consumer_group": "ours-'"$name-$round"'", "auto_start": true, "processor_configs":
    [{"processor_type": "streaming_forwarder", "config": '"$config"'}]}' >/dev/null
  ended=$(python3 - "${url##*:}" "$count" "$name" "$requests" "$bytes" <<'PY'
import http.client, sys, time
port, count, name, requests, size = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
api = http.client.HTTPConnection("127.0.0.1", int(port))
while True:
    api.request("GET", "/count")
    seen = [int(each) for each in api.getresponse().read().split()]
    # An array of n values has n + 1 bytes besides them. The number of requests is unknown, so bytes are counted.
    done, come = seen[0] - requests, seen[1] - size
    if (done >= count) if name != "batch" else (come >= count * 201 + done): break
    time.sleep(0.005)
print(time.time())
PY
)
  row "$name/server" "$(awk "BEGIN { print $ended - $begun }")" "$count"
  kill $running && wait $running || true
  running=
}
# The endpoint does not reset its counters between runs.
counted() { read -r requests bytes < <(curl -sf "$url/count"); }

printf '%-13s %12s\n' "" records/s
for round in $(seq "$rounds"); do
  floor one "$records" 200 "$records"
  counted
  server one "$round" "$records" '{"endpoint_url": "'"$url/in"'", "max_in_flight": 32, "ordering": "none"}'
  floor batch "$((records * 10 / 500))" 100501 "$((records * 10))"
  counted
  server batch "$round" "$((records * 10))" \
    '{"endpoint_url": "'"$url/in"'", "max_in_flight": 32, "ordering": "none", "batch_max_messages": 500}'
  counted
  server steady "$round" "$((records / 30))" '{"endpoint_url": "'"$url/in"'"}'
  steady_url=$url url=http://127.0.0.1:$(cat "$dir/flaky")
  counted
  server flaky "$round" "$((records / 30))" '{"endpoint_url": "'"$url/in"'"}'
  url=$steady_url
done
python3 - "$dir/rows" <<'PY'
import collections, statistics, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    name, rate = line.split()
    rows[name].append(float(rate))
print("\nmedians")
for name, runs in rows.items(): print("%-13s %12.0f" % (name, statistics.median(runs)))
for what in ("one", "batch"):
    pairs = zip(rows[what + "/server"], rows[what + "/floor"])
    print("%-5s server / floor  %.2f" % (what, statistics.median(a / b for a, b in pairs)))
pairs = zip(rows["flaky/server"], rows["steady/server"])
print("flaky server / steady  %.2f" % statistics.median(a / b for a, b in pairs))
PY
