#!/usr/bin/env bash
# Installs what building, running and testing need from the distribution's own packages: Debian 12 and 13.
# Only what is missing is installed; when nothing is, neither apt nor sudo is called.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: install-dependencies.sh [--list] [GROUP...]

groups (default: build kafka tools)
  build     compiler, build tools and libraries
  kafka     Java and Maven, for a local Kafka broker
  postgres  a PostgreSQL server, for the tests
  tools     command-line tools of the quick start and the tests (curl, ip, jq, kcat)
  prometheus  Prometheus and promtool, for the tests of metrics, rules and dashboards
  dev       clang-format, for checking the style of a change
  chroot    debootstrap, for testing on another release of Debian
  image     buildah and debootstrap, for building the image without a container engine
  bench     wrk, and Python for Locust, for the benches of GET and the load test
  manifests Python, and Go where kubectl is missing, to fetch the tools that check the Kubernetes manifests

  --list  only print the packages that are missing
USAGE
}

# One entry a line: PACKAGE, or ALTERNATIVE|ALTERNATIVE where distributions differ (the first known one is taken), and
# then, where another source than the distribution may already provide it, the COMMAND that makes the package needless.
packages_of() {
  case $1 in
    build) cat <<'LIST' ;;
g++
cmake cmake
ninja-build ninja
ccache ccache
mold mold
pkgconf|pkg-config pkg-config
libcaf-dev
librdkafka-dev
librestinio-dev
libasio-dev
libfmt-dev
libspdlog-dev
libyaml-cpp-dev
libsqlitecpp-dev
libsqlite3-dev
libboost-test-dev
nlohmann-json3-dev
libexpected-dev
libvalijson-dev
prometheus-cpp-dev
libcurl4-openssl-dev
libpq-dev
libpqxx-dev
libssl-dev
libsimdjson-dev
zlib1g-dev
libzstd-dev
libjemalloc-dev
nodejs node
npm npm
LIST
    kafka) cat <<'LIST' ;;
default-jre-headless java
maven mvn
LIST
    postgres) cat <<'LIST' ;;
postgresql
LIST
    tools) cat <<'LIST' ;;
ca-certificates
curl curl
iproute2 ip
jq jq
kcat kcat
LIST
    prometheus) cat <<'LIST' ;;
prometheus promtool
LIST
    dev) cat <<'LIST' ;;
clang-format clang-format
git git
LIST
    chroot) cat <<'LIST' ;;
debootstrap debootstrap
LIST
    image) cat <<'LIST' ;;
buildah buildah
debootstrap debootstrap
git git
jq jq
LIST
    bench) cat <<'LIST' ;;
python3-venv
wrk wrk
LIST
    manifests) cat <<'LIST' ;;
python3-venv
golang-go|kubernetes-client kubectl
LIST
    *) return 1 ;;
  esac
}

fail() {
  printf 'install-dependencies: %s\n' "$*" >&2
  exit 1
}

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Kafka 4 needs Java 17; an older one on the PATH does not count.
provided_by_command() {
  command -v "$1" >/dev/null || return 1
  [ "$1" != java ] || java -version 2>&1 | awk -F'[".]' '/version/ { exit !($2 >= 17) }'
}

satisfied() {
  local alternatives=$1 command=${2:-} name
  for name in ${alternatives//|/ }; do
    if installed "$name"; then return 0; fi
  done
  [ -n "$command" ] && provided_by_command "$command"
}

missing_entries() {
  local group alternatives command
  for group in "$@"; do
    packages_of "$group" | while read -r alternatives command; do
      satisfied "$alternatives" "$command" || printf '%s\n' "$alternatives"
    done
  done
}

# Prints the first alternative that this distribution carries.
known_package() {
  local name
  for name in ${1//|/ }; do
    if [ "$(apt-cache policy "$name" | awk '/Candidate:/ { print $2 }' | grep -cv '(none)')" != 0 ]; then
      printf '%s\n' "$name"
      return
    fi
  done
  fail "apt knows no package named $1 here; Debian 12 or 13 is needed"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "not root and no sudo; run as root: $*"
  fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq "$@" </dev/null
}

list_only=no
groups=()
for argument in "$@"; do
  case $argument in
    --help | -h) usage && exit 0 ;;
    --list) list_only=yes ;;
    *)
      packages_of "$argument" >/dev/null || { usage >&2; fail "there is no group \"$argument\""; }
      groups+=("$argument")
      ;;
  esac
done
[ ${#groups[@]} -gt 0 ] || groups=(build kafka tools)

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  fail "there is no apt here; install these by hand: $(missing_entries "${groups[@]}" | xargs)"

mapfile -t missing < <(missing_entries "${groups[@]}")
if [ "$list_only" = yes ]; then
  [ ${#missing[@]} -eq 0 ] || printf '%s\n' "${missing[@]}"
  exit 0
fi
if [ ${#missing[@]} -eq 0 ]; then
  printf 'Dependencies: all there (%s).\n' "${groups[*]}"
  exit 0
fi

printf 'Dependencies: installing %s\n' "${missing[*]}"
apt_get update
names=()
for entry in "${missing[@]}"; do
  name=$(known_package "$entry")
  names+=("$name")
done
apt_get install -y --no-install-recommends "${names[@]}"
printf 'Dependencies: installed.\n'
