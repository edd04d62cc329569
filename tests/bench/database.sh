#!/usr/bin/env bash
# Compares the server, writing to PostgreSQL, with its floor: a loop of librdkafka and libpq that writes the same rows with
# COPY. The runs alternate.
#
# usage: tests/bench/database.sh [RECORDS [ROUNDS]]     500,000 JSON records of 200 bytes in 4 partitions, 3 rounds
#
#   append  into the table that the server creates (payload jsonb); beside it "copy": libpq's COPY of the same rows as
#           text, from memory, without any Kafka
#   upsert  id and the whole value by key: COPY into a staging table, INSERT ... ON CONFLICT
#
# Builds what it needs, starts its own Kafka and PostgreSQL with their files in /dev/shm, and stops them. Prints one row
# for each run, then the medians and the ratios of server and floor for each pair of runs. The time runs from the start
# of consuming to the last record in the table. The CPU time is that of the server or the floor, without PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")/../.."
records=${1:-500000} rounds=${2:-3}
. tests/bench/own_kafka.sh
end_of_database() {
  deploy/postgres.sh stop "$dir/postgres" >/dev/null 2>&1 || true
  end_of_bench
}
own_kafka database database_floor fill_topic
trap end_of_database EXIT
chmod a+x "$dir" # the user postgres must be able to reach its files
url=$(deploy/postgres.sh start "$dir/postgres")
build/release/tests/bench/fill_topic "$bootstrap" bench 4 "$records" 200

sql() { deploy/postgres.sh psql "$dir/postgres" -qAtc "$1"; }
now() { date +%s.%N; }
# row NAME SECONDS CPU
row() { awk -v n="$1" -v s="$2" -v c="$3" -v r="$records" \
  'BEGIN { printf "%-15s %12.0f %10.2f\n", n, r / s, c * 1e6 / r }' | tee -a "$dir/rows"; }
# floor MODE ROUND
floor() {
  /usr/bin/time -o "$dir/time" -f '%e %U %S' build/release/tests/bench/database_floor "$bootstrap" bench \
    "floor-$1-$2" "$records" "$url" "$1"
  read -r e u s <"$dir/time"
  row "$1/floor" "$e" "$(awk "BEGIN { print $u + $s }")"
  [ "$(sql 'SELECT count(*) FROM floor')" = "$records" ]
  sql 'DROP TABLE floor'
}
# server MODE ROUND
server() {
  local port begun ended config='"table": "ours"'
  if [ "$1" = upsert ]; then
    sql 'CREATE TABLE ours (id bigint PRIMARY KEY, payload jsonb)'
    config+=', "mode": "upsert", "key_columns": ["id"], "columns": {"id": "/id", "payload": "$value"}'
  fi
  HTTP_HOST=127.0.0.1 HTTP_PORT=0 DATA_DIR="$dir/data-$1-$2" build/release/kafka-fetcher-server 2>"$dir/log" &
  running=$!
  until port=$(grep -om1 'port=[0-9]*' "$dir/log" | cut -d= -f2) && [ -n "$port" ]; do kill -0 $running; done
  begun=$(now)
  curl -sf "http://127.0.0.1:$port/consumers" -H 'Content-Type: application/json' -d '{
    "broker_ip": "127.0.0.1", "broker_port": '"${bootstrap##*:}"', "topic": "bench",
    "consumer_group": "ours-'"$1-$2"'", "auto_start": true, "processor_configs": [
      {"processor_type": "database_sync", "config": {"db_dsn": "'"$url"'", '"$config"'}}]}' >/dev/null
  until [ "$(sql 'SELECT sum(next_offset) FROM kafka_fetcher_offsets' 2>/dev/null)" = "$records" ]; do
    kill -0 $running
    read -rt 0.02 <> <(:) || true
  done
  ended=$(now)
  row "$1/server" "$(awk "BEGIN { print $ended - $begun }")" \
    "$(awk '{ print ($14 + $15) / 100 }' /proc/$running/stat)"
  kill $running && wait $running || true
  running=
  [ "$(sql 'SELECT count(*) FROM ours')" = "$records" ] || { echo "rows are missing or duplicated" >&2; exit 1; }
  sql 'DROP TABLE ours; DROP TABLE kafka_fetcher_offsets'
}

printf '%-15s %12s %10s\n' "" records/s "CPU s/M"
for round in $(seq "$rounds"); do
  for mode in append upsert; do
    server $mode "$round"
    floor $mode "$round"
  done
  floor copy "$round"
done
python3 - "$dir/rows" <<'PY'
import collections, statistics, sys
rows = collections.defaultdict(list)
for line in open(sys.argv[1]):
    name, rate, cpu = line.split()
    rows[name].append((float(rate), float(cpu)))
print("\nmedians")
for name, runs in rows.items():
    print("%-15s %12.0f %10.2f" % (name, *(statistics.median(column) for column in zip(*runs))))
for mode, floor in (("append", "append"), ("append", "copy"), ("upsert", "upsert")):
    pairs = list(zip(rows[mode + "/server"], rows[floor + "/floor"]))
    print("%s server / %s floor  records/s %.2f   CPU %.2f" % (
        mode, floor, *(statistics.median(a[i] / b[i] for a, b in pairs) for i in range(2))))
PY
