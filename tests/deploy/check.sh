#!/usr/bin/env bash
# Checks the Kubernetes manifests and the Dockerfile against schemas, a linter and the built server.
set -euo pipefail
exec </dev/null

[ "${1:-}" = "" ] || {
  cat <<'USAGE'
usage: check.sh

KFS_SERVER_BINARY: the server that the manifests are checked against; default: build/release/kafka-fetcher-server
The tools are fetched once, into the user's cache.
USAGE
  exit 2
}

readonly kustomize_version=v5.0.3 # the newest that Debian 12's Go compiles
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
home=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
cache=${XDG_CACHE_HOME:-$home/.cache}/kafka-fetcher-server
tools=$cache/manifest-tools-$(cat "$root/tests/deploy/requirements.txt" <(python3 --version) | sha256sum | head -c 12)
mkdir -p "$cache"
export KFS_SERVER_BINARY=${KFS_SERVER_BINARY:-$root/build/release/kafka-fetcher-server}

# Two runs at once do not install into one directory.
exec {lock}>"$cache/manifest-tools.lock"
flock "$lock"
if [ ! -f "$tools/installed" ]; then
  rm -rf "$tools"
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check -r "$root/tests/deploy/requirements.txt"
  touch "$tools/installed"
fi

# The kubectl of Debian 12 is too old for components.
kustomize_of_kubectl() {
  kubectl version --client 2>/dev/null | grep -q 'Kustomize Version: v5'
}

if kustomize_of_kubectl; then
  KFS_KUSTOMIZE='kubectl kustomize'
else
  if [ ! -x "$cache/go/bin/kustomize" ]; then
    GOPATH=$cache/go GOFLAGS=-modcacherw go install "sigs.k8s.io/kustomize/kustomize/v5@$kustomize_version"
    rm -rf "$cache/go/pkg"
  fi
  KFS_KUSTOMIZE="$cache/go/bin/kustomize build"
fi
export KFS_KUSTOMIZE
flock --unlock "$lock"

cd "$root"
"$tools/bin/hadolint" deploy/Dockerfile
exec "$tools/bin/python" -B tests/deploy/manifests_test.py
