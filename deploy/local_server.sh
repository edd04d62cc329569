# Sourced by kafka.sh and postgres.sh: a server of one's own that keeps all its files in one directory, listens on
# 127.0.0.1 only, and leaves its process id in DIR/pid.
#
# The script that sources it defines is_server_of DIRECTORY PID (that process runs from the directory), and sets
# start_patience_s, stop_patience_s and server_name ("broker") for messages.

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

absolute_directory() {
  mkdir -p "$1" && (cd "$1" && pwd -P)
}

# True when something accepts connections at this port of 127.0.0.1.
port_in_use() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# A port nobody listens on, below the range from which Linux takes the ports of outgoing connections, so that a server
# that is started again finds its port free.
free_port() {
  local port
  for _ in {1..200}; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 10000))
    if ! port_in_use "$port"; then
      printf '%s\n' "$port"
      return
    fi
  done
  fail "no free port found between 20000 and 29999"
}

# Prints the process id of the server that runs from this directory, if one does.
running_pid() {
  local pid
  pid=$(cat "$1/pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && is_server_of "$1" "$pid" && printf '%s\n' "$pid"
}

# True when the command line of the process holds the words.
runs() {
  tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -qF -- "$2"
}

# The port that is asked for (or none) against the one that the directory has already.
check_port() {
  local directory=$1 asked=$2 has=$3
  [ -z "$asked" ] || [ "$asked" = "$has" ] ||
    fail "$directory belongs to a $server_name on port $has, not $asked; use another directory"
}

# start_in_background DIRECTORY PORT SIGNAL LOG PREDICATE...: runs "$0 run" in a session of its own (Ctrl-C in the
# terminal reaches whoever started the server, who then stops it) until the predicate holds; else it is ended by the
# signal.
start_in_background() {
  local directory=$1 port=$2 signal=$3 log=$4
  shift 4
  setsid "$0" run "$directory" ${port:+"$port"} </dev/null >"$directory/start.log" 2>&1 &
  local pid=$!
  trap "kill -$signal $pid 2>/dev/null || true" EXIT # whatever ends this script before the server answers
  local deadline=$((SECONDS + start_patience_s))
  until "$@"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      cat "$directory/start.log" >&2
      fail "the $server_name ended while starting; its log is $log"
    fi
    if [ $SECONDS -ge $deadline ]; then
      fail "the $server_name did not answer within $start_patience_s s; see $log"
    fi
    sleep 0.1
  done
  trap - EXIT
}

# stop_server DIRECTORY SIGNAL LAST: the first signal, and the last one where it still runs after stop_patience_s.
stop_server() {
  local directory pid
  [ -d "$1" ] || return 0
  directory=$(absolute_directory "$1")
  pid=$(running_pid "$directory") || return 0
  kill "-$2" "$pid" 2>/dev/null || true
  kill -CONT "$pid" 2>/dev/null || true # a frozen one would not notice
  local deadline=$((SECONDS + stop_patience_s))
  while running_pid "$directory" >/dev/null; do
    if [ $SECONDS -ge $deadline ]; then
      kill "-$3" "$pid" 2>/dev/null || true
      break
    fi
    sleep 0.1
  done
  rm -f "$directory/pid"
}
