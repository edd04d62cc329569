# Sourced by quickstart.sh for --replicas: several servers on one PostgreSQL share consumers, one of them is killed, and
# no record is lost or doubled. Uses message_check.sh, and of quickstart.sh: step, start_server, server_log_port, work,
# replicas, names, server_pids. Sets groups and sender_pid, which quickstart.sh cleans up.

readonly files=$work/files
groups=() consumer_ids=() sender_pid=''

# 50 messages every 0.2 s.
send_steadily() {
  local i
  for ((i = 1; i <= message_count; ++i)); do
    printf 'account-%d:{"payment":%d,"amount":%d.50}\n' $((i % 5)) "$i" $((i * 10))
    ((i % 50)) || sleep 0.2
  done | kcat -P -q -X linger.ms=5 -b "$bootstrap" -t "$topic" -K :
}

replica_url() {
  printf 'http://127.0.0.1:%s' "$(server_log_port "$1")"
}

cluster() {
  request "$url/cluster"
}

show_cluster() {
  cluster | jq -r '
    (.replicas[] | "  \(.replica)  \(.state)  runs \(.instances)"),
    ([.assignments[].replica] | group_by(.) | map("\(length) by \(.[0])") | "  consumers: " + join(", ")),
    "  run by nobody: \(.unassigned | length)"'
}

# Every consumer runs, and no living replica runs two more than another.
is_shared() {
  cluster | jq -e --argjson consumers "${#groups[@]}" --argjson living "$1" '
    [.replicas[] | select(.state == "ACTIVE") | .instances] as $loads
    | ($loads | length) == $living and ($loads | add) == $consumers and ($loads | max) - ($loads | min) <= 1' >/dev/null
}

all_active() {
  request "$url/consumers/" | jq -e --argjson consumers "${#groups[@]}" '
    length == $consumers and all(.[]; .status == "ACTIVE")' >/dev/null
}

# What goes to one replica is known to all: each consumer is made through another one.
create_consumers() {
  local i url file_path group
  mkdir -p "$files"
  for ((i = 1; i <= 2 * replicas; ++i)); do
    group=$topic-$i file_path=$files/$i.log
    url=$(replica_url "${names[i % replicas]}")
    consumer_ids+=("$(create_consumer | jq -er .consumer_id)")
    groups+=("$group")
  done
}

every_file_has_its_records() {
  local i
  for i in "${!groups[@]}"; do
    [ -f "$files/$((i + 1)).log" ] && [ "$(wc -l <"$files/$((i + 1)).log")" -ge "$message_count" ] || return 1
  done
}

everything_committed() {
  local group
  for group in "${groups[@]}"; do all_committed || return 1; done
}

count_records() {
  local i file lines different wrong=0
  printf '  consumer  records sent  lines in its file  different lines\n'
  for i in "${!groups[@]}"; do
    file=$files/$((i + 1)).log
    lines=$(wc -l <"$file") different=$(sort -u "$file" | wc -l)
    printf '  %8d  %12d  %17d  %15d\n' $((i + 1)) "$message_count" "$lines" "$different"
    [ "$lines" -eq "$message_count" ] && [ "$different" -eq "$message_count" ] || wrong=1
  done
  [ $wrong = 0 ] || fail "records were lost or doubled; the files are counted above"
}

# The replica that the first consumer runs on.
owner_of_first() {
  request "$url/consumers/${consumer_ids[0]}" | jq -er .replica
}

kill_replica() {
  local i
  for i in "${!names[@]}"; do
    [ "${names[i]}" = "$1" ] || continue
    kill -KILL "${server_pids[i]}"
    unset "server_pids[i]" "names[i]"
  done
}

# Asks another replica than the one that was killed.
ask_a_living_one() {
  local name
  for name in "${names[@]}"; do url=$(replica_url "$name"); done
}

killed_is_lost() {
  cluster | jq -e --arg replica "$1" 'any(.replicas[]; .replica == $replica and .state == "LOST")' >/dev/null
}

check_replicas() {
  local killed begun
  step "Making $((2 * replicas)) consumers of one topic, each with a group and a file of its own"
  create_consumers
  until_true "the replicas' equal shares" is_shared "$replicas"
  until_true "ACTIVE consumers" all_active

  step "GET $url/cluster"
  show_cluster

  step "Sending $message_count messages, and killing a replica (kill -9) meanwhile"
  send_steadily &
  sender_pid=$!
  sleep 2
  killed=$(owner_of_first)
  kill_replica "$killed"
  begun=$EPOCHREALTIME
  ask_a_living_one
  printf '%s is killed; from here on %s is asked\n' "$killed" "$url"
  until_true "the loss of $killed" killed_is_lost "$killed"
  until_true "the other replicas' shares" is_shared $((replicas - 1))
  printf 'after %d ms the others have its consumers\n' $(((${EPOCHREALTIME/[^0-9]/} - ${begun/[^0-9]/}) / 1000))

  step "GET $url/cluster"
  show_cluster

  step "Counting"
  wait "$sender_pid" || fail "kcat could not send all messages"
  sender_pid=''
  until_true "all messages in every file" every_file_has_its_records
  until_true "lag 0 of every group" everything_committed
  count_records
}
