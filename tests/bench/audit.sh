#!/usr/bin/env bash
# Measures what the entry in the audit costs a change over the REST API: the time of a request that creates, changes and
# deletes a stopped consumer, beside the time of its entry, which audited_changes measures in a store of the same kind.
# Both on one connection, in turn; no Kafka runs. Prints medians in milliseconds.
#
# usage: tests/bench/audit.sh [CHANGES] [DIRECTORY]   1,000 of each, in a new directory below /var/tmp (a disk)
#
# Builds the server and the bench, unless KFS_BUILD names a build of them; needs jq.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/support/own_server.sh
changes=${1:-1000}
build=${KFS_BUILD:-build/release}
if [ -z "${KFS_BUILD:-}" ]; then
  [ -d build/release ] || cmake --preset release >/dev/null
  cmake --build --preset release --target kafka-fetcher-server audited_changes >/dev/null
fi
dir=$(mktemp -d "${2:-/var/tmp}/kfs-audit.XXXXXX")
trap 'end_own_servers; rm -rf "$dir"' EXIT

own_server "$build/kafka-fetcher-server" server LOG_LEVEL=WARNING
url=http://127.0.0.1:$port/consumers

# requests METHOD PATH BODY: sends one request for each consumer, on one connection; # stands for the consumer's number of
# twelve digits. Prints the status and the seconds of each.
requests() {
  local i text number
  for ((i = 0; i < changes; ++i)); do
    [ "$i" = 0 ] || echo next
    printf -v number %012d "$i"
    text=${3//\"/\\\"}
    printf 'request = %s\nurl = "%s%s"\noutput = /dev/null\nwrite-out = "%%{http_code} %%{time_total}\\n"\n' "$1" "$url" "${2//#/$number}"
    [ -z "$3" ] || printf 'header = "Content-Type: application/json"\ndata = "%s"\n' "${text//#/$number}"
  done | curl -s -K -
}
# median STATUS: of the times of curl's requests, in milliseconds. Each must have been answered with the status.
median() {
  sort -k2n | awk -v status="$1" '$1 != status { print "answered " $1 > "/dev/stderr"; exit 1 }
    { t[NR] = $2 } END { print t[int((NR + 1) / 2)] * 1000 }'
}
declare -A took
took[create]=$(requests POST '' '{"consumer_id": "00000000-0000-4000-8000-#", "broker_ip": "127.0.0.1", "broker_port": 1, "topic": "t",'\
' "consumer_group": "g", "auto_start": false, "processor_configs": []}' | median 201)
took[change]=$(requests PUT '/00000000-0000-4000-8000-#' '{"topic": "u"}' | median 200)
took[delete]=$(requests DELETE '/00000000-0000-4000-8000-#' '' | median 204)

mkdir "$dir/store"
"$build/tests/bench/audited_changes" "$dir/store" "$changes" |
  awk -v times="create ${took[create]} change ${took[change]} delete ${took[delete]}" '
    BEGIN { n = split(times, words, " "); for (i = 1; i < n; i += 2) request[words[i]] = words[i + 1] }
    $1 in request { entry = $3 - $2
      printf "%-8s request %.3f ms, its entry in the audit %.3f ms: %.3f times a request without one\n",
        $1, request[$1], entry, request[$1] / (request[$1] - entry) }'
