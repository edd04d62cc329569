#!/usr/bin/env bash
# Installs what is missing, builds, starts what the tests need, runs every suite, ends all it started. The last lines
# are CTest's summary, the exit code is CTest's.
set -euo pipefail
exec </dev/null

usage() {
  cat <<'USAGE'
usage: run.sh [--preset NAME] [LABEL...]

  --preset NAME  release (the default), ci (the same, and a warning is an error), debug, asan or tsan
  LABEL          only the suites of these folders of tests/ (unit, integration, contract, security, fault, cluster, deploy); default: all.
                 not in the default: model runs the random sequences of unit/supervision_model for minutes;
                 load kills and ends replicas of cluster/kills 20 times each, on a machine that does nothing else
USAGE
}

say() { printf '== %s\n' "$*"; }

preset=release
labels=()
while [ $# -gt 0 ]; do
  case $1 in
    --preset) preset=${2:?--preset needs a name}; shift ;;
    --help | -h) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) labels+=("$1") ;;
  esac
  shift
done
[ ${#labels[@]} -gt 0 ] || labels=(unit integration contract security fault cluster deploy)

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"
targets=()
programs=() # one for each label
for label in "${labels[@]}"; do
  case $label in
    model) programs+=(unit) ;;
    load) programs+=(cluster) ;;
    *) programs+=("$label") ;;
  esac
  [ -d "tests/${programs[-1]}" ] || { say "there are no tests with the label \"$label\""; exit 1; }
  targets+=("${programs[-1]}_tests")
done
[ ${#labels[@]} -lt 5 ] || targets=(all) # with the benchmarks
work=$(mktemp -d "${TMPDIR:-/tmp}/kfs-run.XXXXXX")
ctest_pid=

end_all() {
  if [ -n "$ctest_pid" ]; then kill -KILL -- "-$ctest_pid" 2>/dev/null || true; fi
  deploy/kafka.sh stop "$work/kafka" || true
  deploy/postgres.sh stop "$work/postgres" || true
  rm -rf "$work"
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# How many test cases a Boost.Test program holds: the leaves of its indented list.
count_cases() {
  "$1" --list_content 2>&1 | awk '
    { match($0, /^ */); if (NR > 1 && RLENGTH <= depth) ++leaves; depth = RLENGTH }
    END { print leaves + (NR > 0) }'
}

say "installing what is missing"
groups=(build kafka postgres tools)
[[ " ${labels[*]} " != *\ deploy\ * ]] || groups+=(manifests)
[[ ! " ${labels[*]} " =~ \ (integration|cluster|deploy|load)\  ]] || groups+=(prometheus)
deploy/install-dependencies.sh "${groups[@]}"

say "building (preset $preset)"
build_start=$SECONDS
cmake --preset "$preset" >"$work/configure.log" 2>&1 || { cat "$work/configure.log"; exit 1; }
cmake --build --preset "$preset" --target "${targets[@]}"
say "built in $((SECONDS - build_start)) s"

for program in "${programs[@]}"; do
  program_path=build/$preset/tests/${program}_tests
  [ ! -x "$program_path" ] || say "$program: $(count_cases "$program_path") test cases"
done

if [[ " ${labels[*]} " =~ \ (integration|contract|security|fault|cluster|load)\  ]]; then
  say "starting Kafka"
  KFS_TEST_BOOTSTRAP=$(deploy/kafka.sh start "$work/kafka")
  export KFS_TEST_BOOTSTRAP
  say "starting PostgreSQL"
  chmod a+x "$work" # PostgreSQL does not run as root, and its user must reach its directory
  KFS_TEST_POSTGRES=$(deploy/postgres.sh start "$work/postgres")
  export KFS_TEST_POSTGRES
fi

# One at a time: the suites share a broker, and on two cores a server under test must not starve.
# In a process group of its own, so that all of it can be ended.
setsid ctest --preset "$preset" -j1 --no-tests=error -L "^($(IFS='|'; printf '%s' "${labels[*]}"))\$" &
ctest_pid=$!
result=0
wait "$ctest_pid" || result=$?
ctest_pid=
exit "$result"
