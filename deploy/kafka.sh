#!/usr/bin/env bash
# A local Kafka for the quick start and the tests: one broker in KRaft mode that listens on 127.0.0.1 only.
set -euo pipefail

readonly kafka_version=4.3.1
readonly scala_version=2.13
readonly log4j_version=2.25.4
readonly start_patience_s=60
readonly stop_patience_s=20
readonly server_name=broker
. "$(dirname "${BASH_SOURCE[0]}")/local_server.sh"

usage() {
  cat <<'USAGE'
usage: kafka.sh fetch               get Kafka by Maven (once; kept in the user's cache)
       kafka.sh start DIR [PORT]    start a broker with all its files below DIR, and wait until it answers; on a
                                    directory that was used before: the same port and the same data again
       kafka.sh run DIR [PORT]      the same in the foreground, without waiting
       kafka.sh stop DIR            stop the broker of DIR
       kafka.sh TOOL ARGUMENT...    Kafka's own tool of that name: topics, groups, configs, acls, offsets,
                                    console-producer, console-consumer, producer-perf

A started broker leaves its address in DIR/bootstrap, its process id in DIR/pid and its log in DIR/broker.log.
KAFKA_HEAP_OPTS sets the JVM's heap (default -Xms256m -Xmx512m).
USAGE
}

home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
readonly home
readonly cache=${XDG_CACHE_HOME:-$home/.cache}/kafka-fetcher-server
readonly libraries=$cache/kafka-$kafka_version
# What every JVM here gets; short-lived ones gain from leaving out the slow compiler.
readonly common_java=(-XX:+UseSerialGC -Xshare:auto -Djava.awt.headless=true -cp "$libraries:$libraries/*")
readonly quick_java=(-XX:TieredStopAtLevel=1 "${common_java[@]}")

write_maven_project() {
  cat >"$1/pom.xml" <<POM
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>kafka-libraries</artifactId>
  <version>$kafka_version</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_$scala_version</artifactId>
      <version>$kafka_version</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-tools</artifactId>
      <version>$kafka_version</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId>
      <artifactId>log4j-slf4j-impl</artifactId>
      <version>$log4j_version</version>
    </dependency>
  </dependencies>
</project>
POM
}

# Makes the libraries' directory whole or not at all; two that fetch at once do it once.
fetch() {
  [ -d "$libraries" ] && return
  command -v mvn >/dev/null || fail "mvn is not there; run deploy/install-dependencies.sh kafka"
  mkdir -p "$cache"
  local lock
  exec {lock}>"$libraries.lock"
  flock -w 600 "$lock" || fail "another fetch holds $libraries.lock for more than ten minutes"
  if [ ! -d "$libraries" ]; then
    local partial
    partial=$(mktemp -d "$libraries.partial.XXXXXX")
    write_maven_project "$partial"
    # Java takes the home from the password file alone, which in a container may name none.
    if ! MAVEN_OPTS="-Duser.home=$home ${MAVEN_OPTS:-}" timeout 900 mvn -B -q -f "$partial/pom.xml" \
      org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$partial/lib" </dev/null >"$partial/maven.log" 2>&1; then
      tail -n 20 "$partial/maven.log" >&2
      rm -rf "$partial"
      fail "Maven could not get Kafka $kafka_version; what it said is above"
    fi
    write_log4j_configuration "$partial/lib"
    mv "$partial/lib" "$libraries"
    rm -rf "$partial"
  fi
  exec {lock}>&-
}

check_java() {
  command -v java >/dev/null || fail "java is not there; run deploy/install-dependencies.sh kafka"
}

# Logging of the broker (INFO) and of the tools (errors only), to stderr.
write_log4j_configuration() {
  cat >"$1/log4j2.properties" <<'LOG4J'
appender.console.type=Console
appender.console.name=console
appender.console.target=SYSTEM_ERR
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{ISO8601} %p %m (%c)%n
rootLogger.level=${sys:kafka.log.level:-ERROR}
rootLogger.appenderRef.console.ref=console
LOG4J
}

run_tool() {
  local class=$1
  shift
  fetch
  check_java
  exec java -Xmx256m "${quick_java[@]}" "$class" "$@"
}

# Waits for a broker that was just killed to let go of its port.
wait_for_port() {
  for _ in {1..50}; do
    port_in_use "$1" || return 0
    sleep 0.1
  done
  return 1
}

# Kafka's own answer to a Metadata request (version 1, no topics): true once it names at least one live broker.
answers() {
  local brokers
  brokers=$(
    exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1" || exit 0
    printf '\0\0\0\016\0\003\0\001\0\0\0\001\377\377\0\0\0\0' >&3
    timeout 2 head -c 12 <&3 | od -An -tu1 -j11
  )
  [ "${brokers:-0}" -gt 0 ]
}

write_configuration() {
  local directory=$1 port=$2 controller_port=$3
  cat >"$directory/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$directory/data
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
num.network.threads=2
num.io.threads=4
num.recovery.threads.per.data.dir=2
PROPERTIES
}

port_of() {
  sed -n 's/^advertised\.listeners=.*:\([0-9]*\)$/\1/p' "$1/server.properties"
}

is_server_of() {
  runs "$2" "kafka.Kafka $1/server.properties"
}

# Makes DIR ready for a first start; a directory that is ready keeps its port and its data.
prepare() {
  local directory=$1 port=$2
  [[ $port =~ ^[0-9]*$ ]] || fail "\"$port\" is no port"
  fetch
  check_java
  if running_pid "$directory" >/dev/null; then fail "a broker already runs from $directory"; fi
  if [ -f "$directory/data/meta.properties" ]; then
    check_port "$directory" "$port" "$(port_of "$directory")"
    return
  fi
  [ -n "$port" ] || port=$(free_port)
  local controller_port
  controller_port=$(free_port)
  while [ "$controller_port" = "$port" ]; do controller_port=$(free_port); done
  write_configuration "$directory" "$port" "$controller_port"
  java -Xmx128m "${quick_java[@]}" kafka.tools.StorageTool format \
    --cluster-id "$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')" \
    --config "$directory/server.properties" >"$directory/format.log" 2>&1 </dev/null ||
    fail "the storage could not be formatted: $(tail -n 3 "$directory/format.log")"
}

# Becomes the broker itself (exec), so that whoever started this script holds its process id.
run() {
  local directory port
  directory=$(absolute_directory "$1")
  prepare "$directory" "${2:-}"
  port=$(port_of "$directory")
  wait_for_port "$port" || fail "port $port of 127.0.0.1 is taken by another process"
  printf '%s\n' "$$" >"$directory/pid"
  printf '127.0.0.1:%s\n' "$port" >"$directory/bootstrap"
  cd "$directory"
  # shellcheck disable=SC2086  # KAFKA_HEAP_OPTS holds several words
  exec java ${KAFKA_HEAP_OPTS:--Xms256m -Xmx512m} -Dkafka.log.level=INFO "${common_java[@]}" \
    kafka.Kafka "$directory/server.properties" >>"$directory/broker.log" 2>&1 </dev/null
}

is_ready() {
  [ -f "$1/bootstrap" ] && answers "$(port_of "$1")"
}

start() {
  local directory
  directory=$(absolute_directory "$1")
  prepare "$directory" "${2:-}"
  rm -f "$directory/bootstrap"
  start_in_background "$directory" "" KILL "$directory/broker.log" is_ready "$directory"
  cat "$directory/bootstrap"
}

stop() {
  stop_server "$1" TERM KILL
}

command=${1:-}
[ $# -eq 0 ] || shift
case $command in
  fetch) fetch ;;
  start | run) [ $# -ge 1 ] && [ $# -le 2 ] || { usage >&2; exit 1; }; "$command" "$@" ;;
  stop) [ $# -eq 1 ] || { usage >&2; exit 1; }; stop "$1" ;;
  topics) run_tool org.apache.kafka.tools.TopicCommand "$@" ;;
  groups) run_tool org.apache.kafka.tools.consumer.group.ConsumerGroupCommand "$@" ;;
  configs) run_tool kafka.admin.ConfigCommand "$@" ;;
  acls) run_tool org.apache.kafka.tools.AclCommand "$@" ;;
  offsets) run_tool org.apache.kafka.tools.GetOffsetShell "$@" ;;
  console-producer) run_tool org.apache.kafka.tools.ConsoleProducer "$@" ;;
  console-consumer) run_tool org.apache.kafka.tools.consumer.ConsoleConsumer "$@" ;;
  producer-perf) run_tool org.apache.kafka.tools.ProducerPerformance "$@" ;;
  --help | -h | help) usage ;;
  *) usage >&2; exit 1 ;;
esac
