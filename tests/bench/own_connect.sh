# Sourced by benches: a Kafka Connect in distributed mode, with stopped connectors that write files.
# start_connect COUNT: uses $dir, and sets connect to its URL. stop_connect ends what start_connect started.
connect_pid=
connect_kafka=

stop_connect() {
  [ -z "$connect_pid" ] || { kill "$connect_pid" && wait "$connect_pid" || true; }
  [ -z "$connect_kafka" ] || deploy/kafka.sh stop "$connect_kafka" >/dev/null 2>&1 || true
}

start_connect() {
  local count=$1 version libraries bootstrap port number
  deploy/kafka.sh fetch
  version=$(sed -n 's/^readonly kafka_version=//p' deploy/kafka.sh)
  libraries=${XDG_CACHE_HOME:-$HOME/.cache}/kafka-fetcher-server/connect-$version
  [ -d "$libraries" ] || fetch_connect "$version" "$libraries"
  connect_kafka=$dir/kafka
  bootstrap=$(deploy/kafka.sh start "$connect_kafka")
  port=$((20000 + RANDOM % 10000))
  cat >"$dir/connect.properties" <<PROPERTIES
bootstrap.servers=$bootstrap
group.id=lists
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.topic=connect-offsets
config.storage.topic=connect-configs
status.storage.topic=connect-status
offset.storage.replication.factor=1
config.storage.replication.factor=1
status.storage.replication.factor=1
listeners=http://127.0.0.1:$port
PROPERTIES
  java -Xms256m -Xmx512m -cp "$libraries/*" org.apache.kafka.connect.cli.ConnectDistributed "$dir/connect.properties" \
    >"$dir/connect.log" 2>&1 </dev/null &
  connect_pid=$!
  connect=http://127.0.0.1:$port
  until curl -sf -o /dev/null "$connect/connectors"; do
    kill -0 $connect_pid 2>/dev/null || { tail -n 5 "$dir/connect.log" >&2; return 1; }
    sleep 0.5
  done
  for ((number = 1; number <= count; ++number)); do
    curl -sf -o /dev/null "$connect/connectors" -H 'Content-Type: application/json' -d "{\"name\": \"lists-$number\",
      \"initial_state\": \"STOPPED\", \"config\": {\"connector.class\": \"FileStreamSink\", \"topics\": \"lists\",
      \"file\": \"$dir/connect-$number\"}}"
  done
}

# fetch_connect VERSION DIRECTORY
fetch_connect() {
  local partial
  partial=$(mktemp -d "$2.partial.XXXXXX")
  cat >"$partial/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>connect-libraries</artifactId>
  <version>$1</version>
  <packaging>pom</packaging>
  <dependencies>
$(for name in connect-runtime connect-file connect-json; do
    echo "<dependency><groupId>org.apache.kafka</groupId><artifactId>$name</artifactId><version>$1</version></dependency>"
  done)
  </dependencies>
</project>
POM
  timeout 900 mvn -B -q -f "$partial/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$partial/lib" </dev/null >&2
  mv "$partial/lib" "$2"
  rm -rf "$partial"
}
