# Sourced by benches of GET. They need wrk (deploy/install-dependencies.sh bench).
# answer_rate PID URL SECONDS [WRK ARGUMENT...]: prints the requests a second that the process answers on 32 connections,
# and its CPU time for each in microseconds. Other load on the machine, the client's too, disturbs the second one less.
# The client runs under the command in the array `client`.
client=()
answer_rate() {
  local pid=$1 url=$2 seconds=$3 before after
  shift 3
  before=$(cpu_ms "$pid")
  "${client[@]}" wrk -t1 -c32 "-d${seconds}s" "$url" "$@" >"$dir/wrk"
  after=$(cpu_ms "$pid")
  awk -v ms="$((after - before))" '/Non-2xx/ { print > "/dev/stderr"; exit 1 }
    / requests in / { n = $1 } /^Requests\/sec/ { printf "%d %.1f\n", $2, ms * 1000 / n }' "$dir/wrk"
}
# cpu_ms PID: the CPU time of a process until now.
cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '{ printf "%d\n", ($14 + $15) * 1000 / hz }' "/proc/$1/stat"; }
