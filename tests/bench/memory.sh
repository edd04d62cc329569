#!/usr/bin/env bash
# Whether memory stays flat: makes a consumer, lets it write all records, deletes it, and begins again; in turn to a file,
# to PostgreSQL and to an HTTP endpoint. Fails when the server holds more than the limit at the end, or at its peak.
#
# usage: tests/bench/memory.sh [ROUNDS [RECORDS [LIMIT_MIB [PEAK_MIB]]]]     50 rounds, 200,000 records, 150 MiB, 200 MiB
#
# Builds what it needs, starts its own Kafka and PostgreSQL with their files in /dev/shm, and stops them.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-50} records=${2:-200000} limit=${3:-150} peak=${4:-200}
. tests/bench/own_kafka.sh
end_of_memory() {
  kill ${endpoint:-} 2>/dev/null || true
  deploy/postgres.sh stop "$dir/postgres" >/dev/null 2>&1 || true
  end_of_bench
}
own_kafka memory fast_endpoint fill_topic
trap end_of_memory EXIT
chmod a+x "$dir" # the user postgres must be able to reach its files
url=$(deploy/postgres.sh start "$dir/postgres")
build/release/tests/bench/fill_topic "$bootstrap" bench 4 "$records" 200
build/release/tests/bench/fast_endpoint >"$dir/endpoint" &
endpoint=$!
until [ -s "$dir/endpoint" ]; do kill -0 $endpoint; done

sql() { deploy/postgres.sh psql "$dir/postgres" -qAtc "$1"; }
memory() { awk -v field="$1:" '$1 == field { printf "%d", $2 / 1024 }' "/proc/$running/status"; }

HTTP_HOST=127.0.0.1 HTTP_PORT=0 DATA_DIR="$dir/data" FILE_SINK_DIRECTORIES="$dir" \
  build/release/kafka-fetcher-server 2>"$dir/log" &
running=$!
until port=$(grep -om1 'port=[0-9]*' "$dir/log" | cut -d= -f2) && [ -n "$port" ]; do kill -0 $running; done
api=http://127.0.0.1:$port/consumers/
printf '%5s %-9s %8s %8s\n' round to MiB "peak MiB"
for round in $(seq "$rounds"); do
  case $((round % 3)) in
    1) to=file processor='"file_sink", "config": {"file_path": "'"$dir/out-$round"'", "fsync": "never"}' ;;
    2) to=postgres processor='"database_sync", "config": {"db_dsn": "'"$url"'", "table": "t'"$round"'"}' ;;
    0) to=http processor='"streaming_forwarder", "config": {"batch_max_messages": 500, "ordering": "none",
      "endpoint_url": "http://127.0.0.1:'"$(cat "$dir/endpoint")"'/in"}' ;;
  esac
  id=$(curl -sf "$api" -H 'Content-Type: application/json' -d '{
    "broker_ip": "127.0.0.1", "broker_port": '"${bootstrap##*:}"', "topic": "bench", "consumer_group": "memory-'"$round"'",
    "auto_start": true, "processor_configs": [{"processor_type": '"$processor"'}]}' | jq -r .consumer_id)
  until [ "$(curl -sf "${api}$id/status" | jq '[.partitions[].committed_offset] | add')" = "$records" ]; do
    kill -0 $running
    read -rt 0.2 <> <(:) || true
  done
  curl -sf -X DELETE "$api$id" >/dev/null
  case $to in
    file) rm -f "$dir/out-$round"* ;;
    postgres) sql "DROP TABLE t$round; DROP TABLE kafka_fetcher_offsets" ;;
  esac
  printf '%5d %-9s %8d %8d\n' "$round" $to "$(memory VmRSS)" "$(memory VmHWM)"
done
held=$(memory VmRSS) highest=$(memory VmHWM)
echo "after $rounds rounds: $held MiB (limit $limit), peak $highest MiB (limit $peak)"
[ "$held" -le "$limit" ] && [ "$highest" -le "$peak" ]
