#!/usr/bin/env bash
# Compares the server with its floors, which do the same work: 60 lines of librdkafka, and `kcat -C -e`. The runs
# alternate.
#
# usage: tests/bench/run.sh [RECORDS [ROUNDS]]       2,000,000 records of 200 bytes in 4 partitions, 5 rounds
#
#   file   from a topic into a file
#   count  from a topic into nothing: a consumer without processors, which shows the cost of the actors
#   parts  a batch from actor to actor, and offset tracking, compared with plain calls (tests/bench/parts.cpp)
#
# Builds what it needs, starts its own Kafka with its files in /dev/shm, and stops it. Prints one row for each run, then
# the medians and the ratios of the server to the floors for each pair of runs. The time runs from the start of consuming
# (the process, or the POST that creates the consumer) to the last record. CPU and memory are those of the process.
set -euo pipefail
cd "$(dirname "$0")/../.."
records=${1:-2000000} rounds=${2:-5}
. tests/bench/own_kafka.sh
own_kafka bench floor fill_topic parts
build/release/tests/bench/fill_topic "$bootstrap" bench 4 "$records" 200
bytes=$((records * 201))

# reach FILE PID: waits until FILE is complete.
reach() {
  local size=0
  while [ "$size" -lt "$bytes" ]; do
    kill -0 "$2" || return 1
    size=$(stat -c %s "$1" 2>/dev/null || echo 0)
    read -rt 0.005 <> <(:) || true
  done
}
now() { date +%s.%N; }
# row NAME SECONDS CPU MIB
row() { awk -v n="$1" -v s="$2" -v c="$3" -v m="$4" -v r="$records" \
  'BEGIN { printf "%-13s %12.0f %10.2f %10.0f\n", n, r / s, c * 1e6 / r, m }' | tee -a "$dir/rows"; }
# timed NAME COMMAND...: measures a process that ends by itself.
timed() {
  local name=$1; shift
  /usr/bin/time -o "$dir/time" -f '%e %U %S %M' "$@" >"$dir/out" 2>"$dir/err"
  read -r e u s m <"$dir/time"
  row "$name" "$e" "$(awk "BEGIN { print $u + $s }")" "$((m / 1024))"
}
floor() { timed "$1/floor" build/release/tests/bench/floor "$bootstrap" bench "floor-$1-$2" "$records" "${@:3}"; }
run_file_floor() { floor file "$1" "$dir/floor.out"; }
run_count_floor() { floor count "$1"; }
run_file_kcat() {
  timed file/kcat sh -c 'exec kcat -C -e -q -b "$0" -t bench -o beginning >"$1" 2>/dev/null' "$bootstrap" "$dir/kcat.out"
}
run_file_server() {
  server file "$1" '[{"processor_type": "file_sink", "config": {"file_path": "'"$dir"'/ours.out"}}]'
}
run_count_server() { server count "$1" '[]'; }
# server WHAT ROUND PROCESSORS
server() {
  local what=$1 round=$2 processors=$3 port begun ended
  : >"$dir/log"  # removes the port of the previous server
  HTTP_HOST=127.0.0.1 HTTP_PORT=0 DATA_DIR="$dir/data-$what-$round" FILE_SINK_DIRECTORIES="$dir" \
    build/release/kafka-fetcher-server 2>"$dir/log" &
  running=$!
  until port=$(grep -om1 'port=[0-9]*' "$dir/log" | cut -d= -f2) && [ -n "$port" ]; do kill -0 $running; done
  begun=$(now)
  curl -sf "http://127.0.0.1:$port/consumers" -H 'Content-Type: application/json' -d '{
    "broker_ip": "127.0.0.1", "broker_port": '"${bootstrap##*:}"', "topic": "bench",
    "consumer_group": "ours-'"$what-$round"'", "auto_start": true, "processor_configs": '"$processors"'}' >/dev/null
  if [ "$what" = file ]; then reach "$dir/ours.out" $running; else counted "$port"; fi
  ended=$(now)
  row "$what/server" "$(awk "BEGIN { print $ended - $begun }")" \
    "$(awk '{ print ($14 + $15) / 100 }' /proc/$running/stat)" \
    "$(awk '/VmHWM/ { print int($2 / 1024) }' /proc/$running/status)"
  kill $running && wait $running || true
  running=
}
# counted PORT: waits until the server has counted every record.
counted() {
  python3 - "$1" "$records" <<'PY'
import http.client, re, sys, time
api = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
count = 0
while count < int(sys.argv[2]):
    time.sleep(0.005)
    api.request("GET", "/metrics")
    found = re.search(rb"^kafka_fetcher_consumer_messages_total{[^}]*} (\S+)", api.getresponse().read(), re.M)
    count = float(found.group(1)) if found else 0
PY
}

printf '%-13s %12s %10s %10s\n' "" records/s "CPU s/M" "peak MiB"
for round in $(seq "$rounds"); do
  for what in file_server file_floor file_kcat count_server count_floor; do
    run_$what "$round"
    if [ "$round" = 1 ] && [ $what = file_server ]; then
      [ "$(sort "$dir/ours.out" | uniq | wc -l)" = "$records" ] || { echo "lines are missing or duplicated" >&2; exit 1; }
    fi
    rm -f "$dir"/*.out "$dir"/*.kfs-journal
  done
done
python3 - "$dir/rows" <<'PY'
import collections, statistics, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    name, rate, cpu, memory = line.split()
    rows[name].append((float(rate), float(cpu), float(memory)))
print("\nmedians")
for name, runs in rows.items():
    print("%-13s %12.0f %10.2f %10.0f" % (name, *(statistics.median(column) for column in zip(*runs))))
for what, other in (("file", "floor"), ("file", "kcat"), ("count", "floor")):
    pairs = list(zip(rows[what + "/server"], rows[what + "/" + other]))
    print("%-5s server / %-5s  records/s %.2f   CPU %.2f   memory %.2f" % (
        what, other, *(statistics.median(a[i] / b[i] for a, b in pairs) for i in range(3))))
PY
echo
build/release/tests/bench/parts
