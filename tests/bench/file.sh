#!/usr/bin/env bash
# From a topic into a file: the server, the floor (librdkafka and a buffered write) and `kcat -C -e`, alternately.
#
# usage: tests/bench/file.sh [RECORDS [ROUNDS]]       2,000,000 records of 200 bytes in 4 partitions, 5 rounds
#
# Builds what it needs, starts its own Kafka with all its files in /dev/shm, and ends it. Prints one row a run, then
# the medians and the ratio of the server to the floor, pair by pair. Seconds count from the start of consuming (the
# process, or the POST that makes the consumer) to the last byte in the file; CPU and memory are those of the process.
set -euo pipefail
cd "$(dirname "$0")/../.."
records=${1:-2000000} rounds=${2:-5}
dir=$(mktemp -d /dev/shm/kfs-bench-XXXXXX)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  deploy/kafka.sh stop "$dir/kafka" >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap finish EXIT

[ -d build/release ] || cmake --preset release >/dev/null
cmake --build --preset release --target kafka-fetcher-server floor_file fill_topic >/dev/null
deploy/kafka.sh start "$dir/kafka" >/dev/null
bootstrap=$(cat "$dir/kafka/bootstrap")
build/release/tests/bench/fill_topic "$bootstrap" bench 4 "$records" 200
bytes=$((records * 201))

# reach FILE PID: waits until FILE holds every byte.
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
  'BEGIN { printf "%-8s %12.0f %10.2f %10.0f\n", n, r / s, c * 1e6 / r, m }' | tee -a "$dir/rows"; }
# timed NAME COMMAND...: a process that ends by itself.
timed() {
  local name=$1; shift
  /usr/bin/time -o "$dir/time" -f '%e %U %S %M' "$@" >"$dir/out" 2>"$dir/err"
  read -r e u s m <"$dir/time"
  row "$name" "$e" "$(awk "BEGIN { print $u + $s }")" "$((m / 1024))"
}
run_floor() { timed floor build/release/tests/bench/floor_file "$bootstrap" bench "floor-$1" "$records" "$dir/floor.out"; }
run_kcat() {
  timed kcat sh -c 'exec kcat -C -e -q -b "$0" -t bench -o beginning >"$1" 2>/dev/null' "$bootstrap" "$dir/kcat.out"
}
run_server() {
  local round=$1 port begun ended
  HTTP_HOST=127.0.0.1 HTTP_PORT=0 DATA_DIR="$dir/data-$round" FILE_SINK_DIRECTORIES="$dir" \
    build/release/kafka-fetcher-server 2>"$dir/log" &
  server=$!
  until port=$(grep -om1 'port=[0-9]*' "$dir/log" | cut -d= -f2) && [ -n "$port" ]; do kill -0 $server; done
  begun=$(now)
  curl -sf "http://127.0.0.1:$port/consumers" -H 'Content-Type: application/json' -d '{
    "broker_ip": "127.0.0.1", "broker_port": '"${bootstrap##*:}"', "topic": "bench", "consumer_group": "ours-'"$round"'",
    "auto_start": true,
    "processor_configs": [{"processor_type": "file_sink", "config": {"file_path": "'"$dir"'/ours.out"}}]}' >/dev/null
  reach "$dir/ours.out" $server
  ended=$(now)
  row server "$(awk "BEGIN { print $ended - $begun }")" \
    "$(awk '{ print ($14 + $15) / 100 }' /proc/$server/stat)" \
    "$(awk '/VmHWM/ { print int($2 / 1024) }' /proc/$server/status)"
  kill $server && wait $server || true
  server=
}

printf '%-8s %12s %10s %10s\n' "" records/s "CPU s/M" "peak MiB"
for round in $(seq "$rounds"); do
  for what in server floor kcat; do
    run_$what "$round"
    if [ "$round" = 1 ] && [ $what != kcat ]; then
      file=$dir/ours.out; [ $what = server ] || file=$dir/floor.out
      [ "$(sort "$file" | uniq | wc -l)" = "$records" ] || { echo "$what: lines are missing or doubled" >&2; exit 1; }
    fi
    rm -f "$dir"/*.out
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
    print("%-8s %12.0f %10.2f %10.0f" % (name, *(statistics.median(column) for column in zip(*runs))))
for other in ("floor", "kcat"):
    pairs = list(zip(rows["server"], rows[other]))
    print("server / %-5s  records/s %.2f   CPU %.2f   memory %.2f" % (
        other, *(statistics.median(a[i] / b[i] for a, b in pairs) for i in range(3))))
PY
