#!/usr/bin/env bash
# Builds and tests this checkout's last commit on Debian 13, in a chroot. The last lines are CTest's summary, the exit
# code is CTest's.
set -euo pipefail
exec </dev/null

usage() {
  cat <<'USAGE'
usage: on-debian-13.sh [--reuse DIR] [LABEL...]

  --reuse DIR  keep the chroot in DIR and use it again next time: packages, Kafka and ccache's files are there then.
               Default: a new directory below TMPDIR, which is removed at the end
  LABEL        the suites to run, as in tests/run.sh; default: unit integration

Tests HEAD of this checkout: uncommitted changes are not in the clone. Needs root (for chroot and mount), a Debian host,
3 GB of disk, and about 10 minutes on four cores the first time.

The chroot's packages come from where the host's apt gets its own. It gets copies of the host's apt settings and keys,
certificates and settings of Maven, npm and pip. Those that may hold credentials are removed at the end.
USAGE
}

readonly release=trixie

say() { printf '== %s\n' "$*"; }

fail() {
  printf 'on-debian-13: %s\n' "$*" >&2
  exit 1
}

chroot=
reuse=no
labels=()
while [ $# -gt 0 ]; do
  case $1 in
    --reuse) chroot=${2:?--reuse needs a directory} reuse=yes; shift ;;
    --help | -h) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) labels+=("$1") ;;
  esac
  shift
done
[ ${#labels[@]} -gt 0 ] || labels=(unit integration)

[ "$(id -u)" = 0 ] || fail "chroot and mount need root; run it with sudo"
host_release=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"
deploy/install-dependencies.sh dev chroot

if [ $reuse = yes ]; then
  mkdir -p "$chroot"
  chroot=$(cd "$chroot" && pwd -P)
else
  chroot=$(mktemp -d "${TMPDIR:-/tmp}/debian-13.XXXXXX")
fi
chmod 755 "$chroot" # PostgreSQL's user has to reach its files in it
exec {lock}>"$chroot.lock"
flock -n "$lock" || fail "another run uses $chroot"

readonly host_settings=(/etc/npmrc /etc/pip.conf /etc/apt/auth.conf "$HOME"/{.npmrc,.netrc,.m2/settings.xml}
  "$HOME"/{.m2/settings-security.xml,.config/pip/pip.conf,.pip/pip.conf})
inside_pid=

# The path in the chroot, where root's home is /root.
in_chroot() {
  printf '%s%s' "$chroot" "${1/#"$HOME"\//\/root\/}"
}

# All mounts and processes of the chroot are in namespaces of one process, and end with it.
end_all() {
  if [ -n "$inside_pid" ]; then
    kill -KILL "$inside_pid" 2>/dev/null || true
    wait "$inside_pid" 2>/dev/null || true
  fi
  if [ $reuse = no ]; then
    rm -rf --one-file-system "$chroot" "$chroot.lock"
  else
    local path
    for path in "${host_settings[@]}"; do rm -f "$(in_chroot "$path")"; done
    rm -rf "$chroot/etc/apt/auth.conf.d" "$chroot/etc/apt/apt.conf.d/90host"
  fi
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# "ADDRESS RELEASE COMPONENT" of the host's sources of its own distribution, one a line.
host_sources() {
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v own="$host_release" '$2 == own || $2 == own "-updates" || $2 == own "-security"' | sort -u
}

# apt's settings of proxies, certificates and the like, in apt's own form.
host_apt_settings() {
  apt-config dump | grep -E '^Acquire::(https?::|ForceIPv|Retries|Check-)' || true
}

copy_settings() {
  host_sources | awk -v own="$host_release" -v release=$release \
    '{ sub(own, release, $2); print "deb", $0 }' >"$chroot/etc/apt/sources.list"
  rm -f "$chroot"/etc/apt/sources.list.d/*
  host_apt_settings >"$chroot/etc/apt/apt.conf.d/90host"
  local keys=(/usr/share/keyrings/debian-archive-keyring.* /etc/apt/trusted.gpg.d/*.{gpg,asc} /etc/apt/keyrings/*.{gpg,asc})
  local path
  for path in "${keys[@]}"; do
    [ ! -f "$path" ] || cp -L "$path" "$chroot/etc/apt/trusted.gpg.d/"
  done
  [ ! -d /etc/apt/auth.conf.d ] || cp -r /etc/apt/auth.conf.d "$chroot/etc/apt/"
  for path in "${host_settings[@]}"; do
    [ -f "$path" ] || continue
    mkdir -p "$(dirname "$(in_chroot "$path")")"
    cp -Lp "$path" "$(in_chroot "$path")"
  done
}

# What the host trusts, OpenSSL and Java in the chroot trust too.
copy_certificates() {
  local bundle=/etc/ssl/certs/ca-certificates.crt into=$chroot/usr/local/share/ca-certificates/host
  [ -f $bundle ] || return 0
  rm -rf "$into"
  mkdir -p "$into"
  awk -v into="$into" '/BEGIN CERTIFICATE/ { file = sprintf("%s/%03d.crt", into, ++n) } file { print >file }
    /END CERTIFICATE/ { close(file); file = "" }' $bundle
  chroot "$chroot" update-ca-certificates >/dev/null 2>&1
}

make_chroot() {
  [ ! -f "$chroot/.made" ] || return 0
  local mirror
  mirror=$(host_sources | awk -v own="$host_release" '$2 == own { print $1; exit }')
  [ -n "$mirror" ] || fail "apt has no source of \"$host_release\" here; the host has to be a Debian"
  eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
  export http_proxy https_proxy
  say "making a Debian 13 in $chroot"
  debootstrap --variant=minbase --include=ca-certificates $release "$chroot" "$mirror" >"$chroot.log" 2>&1 || {
    tail -n 20 "$chroot.log" >&2
    fail "debootstrap failed; its log is $chroot.log"
  }
  rm -f "$chroot.log"
  # Packages start no services: nothing may listen beyond the tests.
  printf '#!/bin/sh\nexit 101\n' >"$chroot/usr/sbin/policy-rc.d"
  chmod 755 "$chroot/usr/sbin/policy-rc.d"
  touch "$chroot/.made"
}

# Variables that say how to reach the network. Others are the host's alone.
network_variables() {
  env -0 | grep -zE '^([A-Za-z]+_proxy|[A-Z]+_PROXY|MAVEN_OPTS|npm_config_[a-z_]+|PIP_[A-Z_]+)=' || true
}

make_chroot
copy_settings
copy_certificates
rm -rf "$chroot/src"
git clone -q --no-hardlinks "$root" "$chroot/src"
say "testing $(git -C "$chroot/src" log -1 --format='%h %s') on $(. "$chroot/etc/os-release" && printf '%s' "$PRETTY_NAME")"

mapfile -d '' -t variables < <(network_variables)
unshare --mount --pid --ipc --fork --kill-child bash -euc '
  chroot=$1
  shift
  mount -t proc proc "$chroot/proc"
  mount --rbind /sys "$chroot/sys"
  mount --rbind /dev "$chroot/dev"
  exec chroot "$chroot" "$@"' inside "$chroot" /usr/bin/env -i \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "${variables[@]}" /src/tests/run.sh "${labels[@]}" &
inside_pid=$!
result=0
wait "$inside_pid" || result=$?
inside_pid=
exit "$result"
