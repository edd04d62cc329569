#!/usr/bin/env bash
# Builds the image with buildah, runs the server in it as Docker and Kubernetes would, and sends messages through it to
# a file. Ends and removes all it started; the last line says whether everything passed.
set -euo pipefail
exec </dev/null

usage() {
  cat <<'USAGE'
usage: image.sh [--base IMAGE] [--reuse DIR] [--save FILE]

  --base IMAGE  build on this image of Debian 13, for example debian:13-slim from a registry.
                Default: one that debootstrap makes from the packages of this host's apt
  --reuse DIR   keep the base image, one with the packages of the build, and ccache's files in DIR for the next run (5 GB).
                Default: a new directory below TMPDIR, which is removed at the end
  --save FILE   write the image to FILE, for "docker load" or "podman load"

Needs root (for chroot and mount), a Debian host, 10 GB of disk, and about 15 minutes on two cores the first time.
The server runs in the image's files with the image's user, environment and command, without any capability, in mount
and process namespaces of its own: no container engine is needed.
USAGE
}

base='' build_base='' reuse='' save=''
while [ $# -gt 0 ]; do
  case $1 in
    --base) base=${2:?--base needs the name of an image}; shift ;;
    --reuse) reuse=${2:?--reuse needs a directory}; shift ;;
    --save) save=$(realpath -m "${2:?--save needs a file}"); shift ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

readonly server_name=port # for messages of local_server.sh
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$root"
. deploy/local_server.sh
[ "$(id -u)" = 0 ] || fail "chroot and mount need root; run it with sudo"

work=$(mktemp -d "${TMPDIR:-/tmp}/kfs-image.XXXXXX")
chmod a+x "$work" # PostgreSQL's user and the image's user have to reach their files in it
if [ -n "$reuse" ]; then
  mkdir -p "$reuse"
  kept=$(cd "$reuse" && pwd -P)
  exec {lock}>"$kept/lock"
  flock -n "$lock" || fail "another run uses $kept"
else
  kept=$work/kept
  mkdir "$kept"
fi
readonly root work kept
readonly image=localhost/kafka-fetcher-server:latest
readonly kafka=$root/deploy/kafka.sh
readonly message_count=12 patience_s=60 end_bound_s=30
# What message_check.sh works with, and the running container.
bootstrap='' url='' topic='' group='' file='' file_path=/var/log/payment_messages.log
outer_pid='' server_pid='' container='' volumes='' succeeded=no

step() { printf '\n==> %s\n' "$*"; }

# ccache's files, which the Dockerfile mounts as a cache, are kept in TMPDIR.
image_tool() {
  mkdir -p "$kept/tmp"
  TMPDIR=$kept/tmp buildah --root "$kept/storage" --runroot "$work/run" --storage-driver vfs "$@"
}

server_runs() {
  [ -n "$outer_pid" ] && kill -0 "$outer_pid" 2>/dev/null
}

. "$root/deploy/message_check.sh"

# The namespaces of a container end with its first process.
kill_server() {
  if server_runs; then
    kill -KILL "$outer_pid" 2>/dev/null || true
    wait "$outer_pid" 2>/dev/null || true
  fi
  outer_pid=''
}

remove_container() {
  [ -n "$container" ] || return 0
  image_tool umount "$container" >/dev/null || true
  image_tool rm "$container" >/dev/null || true
  container=''
}

end_all() {
  if [ $succeeded = no ] && [ -s "$work/server.log" ]; then
    printf '\nThe end of the server'\''s log:\n' >&2
    tail -n 20 "$work/server.log" >&2
  fi
  kill_server
  remove_container
  "$kafka" stop "$work/kafka" || true
  deploy/postgres.sh stop "$work/postgres" || true
  rm -rf --one-file-system "$work"
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Like Debian's "slim" images: no documentation, manuals and translations.
write_slim_rules() {
  local path
  for path in doc man locale info lintian; do printf 'path-exclude=/usr/share/%s/*\n' $path; done
  printf 'path-include=/usr/share/doc/*/copyright\n'
}

# "deb MIRROR RELEASE COMPONENT" for Debian 13, from where this host's apt gets its own distribution.
base_sources() {
  local own
  own=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v own="$own" '$2 == own || $2 == own "-updates" || $2 == own "-security" {
      sub(own, "trixie", $2); print "deb", $0 }' | sort -u
}

make_base() {
  base=localhost/debian:13-slim
  if image_tool inspect --type image $base >/dev/null 2>&1; then return; fi
  local mirror files=$work/base
  mirror=$(base_sources | awk '$3 == "trixie" { print $2; exit }')
  [ -n "$mirror" ] || fail "apt has no source of this host's distribution; the host has to be a Debian, or use --base"
  mkdir -p "$files/etc/dpkg/dpkg.cfg.d" "$work/context"
  write_slim_rules >"$files/etc/dpkg/dpkg.cfg.d/slim"
  debootstrap --variant=minbase trixie "$files" "$mirror" >"$work/debootstrap.log" 2>&1 || {
    tail -n 20 "$work/debootstrap.log" >&2
    fail "debootstrap failed; the end of its log is above"
  }
  base_sources >"$files/etc/apt/sources.list"
  tar -C "$files" --one-file-system -cf "$work/context/base.tar" --exclude=./usr/share/{man,locale,info,lintian}/\* \
    --exclude=./var/{cache/apt,lib/apt/lists,log}/\* .
  printf 'FROM scratch\nADD base.tar /\nCMD ["bash"]\n' >"$work/context/Dockerfile"
  image_tool bud --quiet --isolation chroot --pull-never --tag $base "$work/context" >/dev/null
  rm -rf --one-file-system "$files" "$work/context"
}

# The base image with the packages of the build, so that a second run does not install them again.
make_build_base() {
  build_base=localhost/kafka-fetcher-build:$(image_tool inspect --type image --format '{{.FromImageID}}' "$base" |
    cat - deploy/install-dependencies.sh | sha256sum | head -c 12)
  if image_tool inspect --type image "$build_base" >/dev/null 2>&1; then return; fi
  mkdir "$work/context"
  cp deploy/install-dependencies.sh "$work/context"
  printf '%s\n' "FROM $base" 'COPY install-dependencies.sh /' 'RUN /install-dependencies.sh build && apt-get clean' \
    >"$work/context/Dockerfile"
  buildah_build --tag "$build_base" "$work/context"
}

# npm in the build asks where npm on this host asks, and trusts what this host trusts.
write_npm_settings() {
  local source
  : >"$work/npmrc"
  chmod 600 "$work/npmrc"
  for source in "$(npm config get globalconfig 2>/dev/null || true)" "$HOME/.npmrc"; do
    [ ! -f "$source" ] || grep -vE '^ *(cafile|prefix|nodedir|cache) *=' "$source" >>"$work/npmrc" || true
  done
  printf 'cafile=/run/secrets/certificates\n' >>"$work/npmrc"
}

# Without layers: each would be a copy of all files.
buildah_build() {
  local pull=--pull-never
  [[ $base == localhost/* ]] || pull=--pull
  eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
  export http_proxy https_proxy
  image_tool bud --isolation chroot --format docker $pull "$@" >"$work/build.log" 2>&1 || {
    tail -n 40 "$work/build.log" >&2
    fail "the build failed; its end is above"
  }
}

build_image() {
  write_npm_settings
  buildah_build --build-arg BASE="$base" --build-arg BUILD_BASE="$build_base" \
    --build-arg VERSION="$(version)" --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || printf unknown)" \
    --secret id=npmrc,src="$work/npmrc" --secret id=certificates,src=/etc/ssl/certs/ca-certificates.crt --tag "$image" .
}

version() {
  sed -n 's/^project(kafka-fetcher-server VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt
}

# image_config JQ-FILTER: what the image says about itself.
image_config() {
  image_tool inspect --type image "$image" | jq -r ".Docker.config | $1"
}

# start_server ROOT-FILESYSTEM NAME=VALUE...: the image's command in a container, with these variables.
start_server() {
  local root_filesystem=$1 mounted volume number=0 environment
  shift
  container=$(image_tool from --pull-never "$image")
  mounted=$(image_tool mount "$container")
  touch "$mounted/etc/hosts"
  volumes=$(mktemp -d "$work/volumes.XXXXXX")
  chmod a+x "$volumes"
  : >"$volumes/list"
  while read -r volume; do # a new volume begins with what the image has there
    number=$((number + 1))
    cp -a "$mounted$volume" "$volumes/$number"
    printf '%s %s\n' "$volumes/$number" "$volume" >>"$volumes/list"
  done < <(image_config '.Volumes | keys[]')
  mapfile -t environment < <(image_config '.Env[]')
  # The first process of the container becomes the server.
  unshare --mount --pid --ipc --fork --kill-child --propagation private bash -euc '
    root=$1 root_filesystem=$2 list=$3 directory=$4 user=$5
    shift 5
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=755 dev "$root/dev"
    for device in null zero full random urandom; do
      touch "$root/dev/$device"
      mount --bind "/dev/$device" "$root/dev/$device"
    done
    ln -s /proc/self/fd "$root/dev/fd"
    mount -t tmpfs -o mode=1777 tmp "$root/tmp"
    mount --bind /etc/hosts "$root/etc/hosts"
    while read -r files volume; do mount --bind "$files" "$root$volume"; done <"$list"
    [ "$root_filesystem" = writable ] || mount -o remount,bind,ro "$root"
    exec chroot "$root" setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs \
      --bounding-set=-all --inh-caps=-all env -i -C "$directory" "$@"' container \
    "$mounted" "$root_filesystem" "$volumes/list" "$(image_config .WorkingDir)" "$(image_config .User)" \
    "${environment[@]}" "$@" "$(image_config '.Entrypoint[0]')" >"$work/server.log" 2>&1 &
  outer_pid=$!
  until_true "the server's first process" find_server_process
}

find_server_process() {
  server_pid=$(xargs <"/proc/$outer_pid/task/$outer_pid/children" 2>/dev/null)
  [ -n "$server_pid" ] && [ "$(cat "/proc/$server_pid/comm" 2>/dev/null)" = kafka-fetcher-s ]
}

ready() {
  request "$url/health/ready" >/dev/null 2>&1
}

# A command in the container, as root or as the server's user with its environment.
in_container() {
  nsenter --target "$server_pid" --mount --pid --root --wd "$@"
}

as_server() {
  local environment user
  mapfile -d '' -t environment <"/proc/$server_pid/environ"
  user=$(image_config .User)
  in_container setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs env -i \
    "${environment[@]}" "$@"
}

check_confinement() {
  local root_filesystem=$1
  awk '$1 == "Uid:" && ($2 == 0 || $3 == 0) || $1 == "CapEff:" && $2 !~ /^0+$/ || $1 == "NoNewPrivs:" && $2 != 1 { bad = 1 }
    END { exit bad }' "/proc/$server_pid/status" || fail "the server has root's user or capabilities"
  if [ "$root_filesystem" = read-only ] && in_container touch /usr/probe 2>/dev/null; then
    fail "the root file system is writable"
  fi
}

health_check() {
  local command
  mapfile -t command < <(image_config '.Healthcheck.Test[1:][]')
  as_server "${command[@]}"
}

# Ends the server as an engine would, and holds it to exit code 0 within the bound.
stop_server() {
  local deadline=$((SECONDS + end_bound_s)) result=0
  kill -"$(image_config .StopSignal)" "$server_pid"
  while server_runs; do
    [ $SECONDS -lt $deadline ] || fail "the server did not end within $end_bound_s s of $(image_config .StopSignal)"
    sleep 0.1
  done
  wait "$outer_pid" || result=$?
  outer_pid=''
  [ $result = 0 ] || fail "the server ended with exit code $result"
}

# run_case NAME ROOT-FILESYSTEM NAME=VALUE...
run_case() {
  local name=$1 root_filesystem=$2 port
  shift 2
  step "$name"
  topic=image-${work##*.}-$RANDOM group=$topic
  port=$(free_port)
  url=http://127.0.0.1:$port
  make_topic
  start_server "$root_filesystem" HTTP_PORT="$port" "$@"
  file=$(awk '$2 == "/var/log" { print $1 }' "$volumes/list")/payment_messages.log
  until_true "the server's readiness" ready
  check_confinement "$root_filesystem"
  health_check || fail "the image's HEALTHCHECK failed"
  printf 'ready, healthy, user %s, %s root file system\n' "$(image_config .User)" "$root_filesystem"
  create_consumer | jq -c '{topic, status, file: .processor_configs[0].config.file_path}'
  send_messages
  until_true "the last message in $file_path" all_in_file
  until_true "lag 0" all_committed
  printf '%d messages in %s; ' "$(wc -l <"$file")" "$file_path"
  lag | jq -c 'map_values(.lag) | {lag: .}'
  stop_server
  printf 'exit code 0 after %s\n' "$(image_config .StopSignal)"
  remove_container
}

print_sizes() {
  local archive=${save:-$work/image.tar}
  rm -f "$archive"
  image_tool push --quiet "$image" "docker-archive:$archive:kafka-fetcher-server:latest"
  printf 'image: %d MB, %d MB compressed; of these the program %d MB and the base image %d MB\n' \
    "$(megabytes <"$archive")" "$(gzip -1 <"$archive" | megabytes)" "$program_megabytes" "$base_megabytes"
}

megabytes() {
  echo $(($(wc -c) / 1000000))
}

measure() {
  local measured mounted
  measured=$(image_tool from --pull-never "$image")
  mounted=$(image_tool mount "$measured")
  program_megabytes=$(megabytes <"$mounted/usr/local/bin/kafka-fetcher-server")
  image_tool rm "$measured" >/dev/null
  measured=$(image_tool from --pull-never "$base")
  mounted=$(image_tool mount "$measured")
  base_megabytes=$(($(du -s --bytes --one-file-system "$mounted" | cut -f1) / 1000000))
  image_tool rm "$measured" >/dev/null
}

started=$SECONDS
step "Installing what is missing"
deploy/install-dependencies.sh image kafka postgres tools

step "Base image"
[ -n "$base" ] || make_base
printf '%s\n' "$base"

step "Packages of the build (some minutes the first time)"
make_build_base
printf '%s\n' "$build_base"

step "Building $image (some minutes the first time)"
build_image
built=$SECONDS
printf 'built in %d s\n' $((built - started))

step "Starting Kafka and PostgreSQL"
bootstrap=$("$kafka" start "$work/kafka")
database=$(deploy/postgres.sh start "$work/postgres")
printf '%s\n' "$bootstrap"

run_case "As docker run -e DATABASE_URL -e KAFKA_BOOTSTRAP_SERVERS -e LOG_LEVEL" writable \
  DATABASE_URL="$database" KAFKA_BOOTSTRAP_SERVERS="$bootstrap" LOG_LEVEL=INFO
run_case "As docker run --read-only, with the embedded store" read-only KAFKA_BOOTSTRAP_SERVERS="$bootstrap"

step "Sizes"
measure
print_sizes
[ -z "$save" ] || printf 'saved to %s\n' "$save"

succeeded=yes
printf '\nimage.sh: all passed in %d s. Ending what was started.\n' $((SECONDS - started))
