#!/usr/bin/env bash
# Prints what a viewer, an operator and an editor of two tenants may do, and the audit of it.
#
# usage: tests/security/transcript.sh [SERVER]      the built server (default: build/release/kafka-fetcher-server)
#
# Needs curl and jq. The server listens on a free port of 127.0.0.1, with its files in a directory that is removed at
# the end. It needs no Kafka: its consumers name a port on which nothing listens.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=${1:-build/release/kafka-fetcher-server}
. tests/support/own_server.sh
dir=$(mktemp -d "${TMPDIR:-/tmp}/kfs-access.XXXXXX")
admin=$(head -c 32 /dev/urandom | base64 | tr -d '+/=')
printf '%s\n' "$admin" >"$dir/admin"
trap 'end_own_servers; rm -rf "$dir"' EXIT
own_server "$program" data AUTH_MODE=api_key "ADMIN_API_KEY=\${file:$dir/admin}"
api=http://127.0.0.1:$port

declare -A key=([admin]=$admin)
# as WHO METHOD PATH [BODY] [FILTER]: sends a request, and prints it with its status and what FILTER selects.
as() {
  local who=$1 method=$2 path=$3 body=${4:-} filter=${5:-.detail // empty} status
  status=$(curl -s -o "$dir/answer" -w '%{http_code}' -X "$method" "$api$path" -H "Authorization: Bearer ${key[$who]}" \
    -H "X-Audit-Reason: $who of the transcript" ${body:+-H 'Content-Type: application/json' -d "$body"})
  printf '%-18s %-6s %-52s %s  %s\n' "$who" "$method" "${path//$orders/<orders>}" "$status" \
    "$(jq -c "$filter" "$dir/answer" 2>/dev/null || true)"
}
consumer() {
  printf '{"broker_ip":"127.0.0.1","broker_port":1,"topic":"%s","consumer_group":"%s","auto_start":false,
    "processor_configs":[{"processor_type":"file_sink","config":{"file_path":"%s/%s.log"}}]}' "$1" "$1" "$dir" "$1"
}
orders=none

echo '== two tenants, and a key for each role in each =='
as admin PUT /tenants/payments '{"quotas":{"consumers":1},"allowed":{"topics":["payments.*"]}}' '{quotas,allowed}'
as admin PUT /tenants/orders '{}' '{name}'
for tenant in payments orders; do
  for role in viewer operator editor; do
    as admin POST /api-keys "{\"name\":\"$tenant-$role\",\"role\":\"$role\",\"tenants\":[\"$tenant\"]}" '{name,role,tenants}'
    key[$tenant-$role]=$(jq -r .key "$dir/answer")
  done
done

echo; echo '== who makes consumers, and where =='
as orders-viewer POST /consumers/ "$(consumer orders.new)"
as orders-editor POST /consumers/ "$(consumer orders.new)" '{tenant,topic,status}'
orders=$(jq -r .consumer_id "$dir/answer")
as payments-editor POST /consumers/ "$(consumer orders.new)" '.detail[0].msg'
as payments-editor POST /consumers/ "$(consumer payments.in)" '{tenant,topic,status}'
as payments-editor POST /consumers/ "$(consumer payments.out)"

echo; echo '== who does what with the consumer of orders =='
for who in orders-viewer orders-operator orders-editor payments-editor; do
  as $who GET "/consumers/$orders" '' 'if .status then {tenant,topic,status} else .detail end'
  as $who POST "/consumers/$orders/start" '' 'if .tenant then {started:true} else .detail end'
  as $who PUT "/consumers/$orders" '{"options":{"batch":{"max_messages":500}}}' 'if .revision then {revision} else .detail end'
done
as payments-viewer GET /consumers/ '' 'map(.tenant)'
as orders-viewer GET /consumers/ '' 'map(.tenant)'
as admin GET /consumers/ '' 'map(.tenant)'
as orders-operator POST /access/check "{\"permission\":\"consumers:edit\",\"consumer_id\":\"$orders\"}" .
as orders-editor POST /access/check "{\"permission\":\"consumers:edit\",\"consumer_id\":\"$orders\"}" .

echo; echo '== a key is taken away =='
as admin GET /api-keys '' 'map(select(.name=="orders-editor").role)'
as admin DELETE "/api-keys/$(jq -r '.[] | select(.name=="orders-editor").id' "$dir/answer")"
as orders-editor GET /whoami

echo; echo '== the audit, and one that the caller may not read =='
as orders-editor GET /audit
as payments-viewer GET /audit
curl -s "$api/audit?limit=1000" -H "Authorization: Bearer $admin" |
  jq -r '.[] | [.id, .actor.name, .action, .tenant, .decision, .rule, .status, (.revision_after // "")] | @tsv' |
  column -t -s "$(printf '\t')" -N id,actor,action,tenant,decision,rule,status,revision
