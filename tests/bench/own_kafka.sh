# Sourced by the benches: starts a Kafka with its files in memory, and stops everything at the end.
# own_kafka NAME TARGET...: builds the server, unless KFS_SERVER_BINARY names another one, and the targets; sets dir and
# bootstrap. The process $running ends with the bench.
own_kafka() {
  dir=$(mktemp -d "/dev/shm/kfs-$1-XXXXXX")
  running=
  trap end_of_bench EXIT
  local targets=("${@:2}")
  [ -n "${KFS_SERVER_BINARY:-}" ] || targets+=(kafka-fetcher-server)
  if [ ${#targets[@]} -gt 0 ]; then
    [ -d build/release ] || cmake --preset release >/dev/null
    cmake --build --preset release --target "${targets[@]}" >/dev/null
  fi
  deploy/kafka.sh start "$dir/kafka" >/dev/null
  bootstrap=$(cat "$dir/kafka/bootstrap")
}

end_of_bench() {
  [ -z "$running" ] || kill "$running" 2>/dev/null || true
  deploy/kafka.sh stop "$dir/kafka" >/dev/null 2>&1 || true
  rm -rf "$dir"
}
