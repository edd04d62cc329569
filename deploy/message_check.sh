# Sourced by quickstart.sh and image.sh: a consumer made over REST, messages sent through it into a file, lag 0.
#
# The script that sources it sets
#   kafka      the path of kafka.sh
#   bootstrap  Kafka's address
#   url        the server's address
#   topic, group, message_count
#   file_path  the file, as the server knows it
#   file       the same file, as this script sees it
#   patience_s how long a step may take
# and defines fail MESSAGE and server_runs.

request() {
  curl --silent --show-error --fail-with-body --noproxy '*' --max-time 20 "$@"
}

# until_true WHAT COMMAND...: asks until the command succeeds, for a bounded time.
until_true() {
  local what=$1 deadline=$((SECONDS + patience_s))
  shift
  until "$@"; do
    server_runs || fail "the server ended while waiting for $what"
    [ $SECONDS -lt $deadline ] || fail "$what did not come within $patience_s s"
    sleep 0.2
  done
}

make_topic() {
  "$kafka" topics --bootstrap-server "$bootstrap" --create --topic "$topic" --partitions 3
}

# The first bootstrap server is the broker; where there are more, options name them all.
consumer_body() {
  local first=${bootstrap%%,*} host port=9092
  if [[ $first =~ ^(.*):([0-9]+)$ ]]; then host=${BASH_REMATCH[1]} port=${BASH_REMATCH[2]}; else host=$first; fi
  host=${host#[}
  jq -n --arg host "${host%]}" --argjson port "$port" --arg topic "$topic" --arg group "$group" \
    --arg file "$file_path" --arg all "$bootstrap" '
    {broker_ip: $host, broker_port: $port, topic: $topic, consumer_group: $group, auto_start: true,
     processor_configs: [{processor_type: "file_sink", config: {file_path: $file}}]}
    + if ($all | contains(",")) then {options: {kafka: {bootstrap_servers: $all}}} else {} end'
}

create_consumer() {
  local created
  created=$(request -X POST "$url/consumers/" -H 'Content-Type: application/json' -d "$(consumer_body)") ||
    fail "the consumer was rejected: $created"
  printf '%s\n' "$created"
}

send_messages() {
  local i
  for ((i = 1; i <= message_count; ++i)); do
    printf 'account-%d:{"payment":%d,"amount":%d.50}\n' $((i % 5)) "$i" $((i * 10))
  done | kcat -P -q -b "$bootstrap" -t "$topic" -K :
}

all_in_file() {
  [ -f "$file" ] && [ "$(wc -l <"$file")" -eq "$message_count" ]
}

lag() {
  request -G "$url/monitor/consumer-group-lag" --data-urlencode "group_id=$group" --data-urlencode "topic=$topic" \
    --data-urlencode "bootstrap_servers=$bootstrap"
}

# Until the group has committed, the answer is a 404.
all_committed() {
  local answer
  answer=$(lag 2>/dev/null) || return 1
  jq -e --argjson count "$message_count" \
    '([.[].current_offset] | add) == $count and all(.[]; .lag == 0)' <<<"$answer" >/dev/null
}
