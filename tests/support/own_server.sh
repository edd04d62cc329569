# Sourced by scripts that need a server of their own: on a free port of 127.0.0.1, with its files in $dir.
# own_server PROGRAM NAME [SETTING=VALUE...]: starts it, and sets server (its process id) and port. Its log is
# $dir/NAME.log. end_own_servers ends all of them, and waits.
own_servers=()

own_server() {
  local program=$1 name=$2
  shift 2
  env HTTP_HOST=127.0.0.1 HTTP_PORT=0 DATA_DIR="$dir/$name" FILE_SINK_DIRECTORIES="$dir" "$@" \
    "$program" 2>"$dir/$name.log" &
  server=$!
  own_servers+=("$server")
  port=
  until port=$(ss -ltnpH | grep -F "pid=$server," | grep -om1 '127.0.0.1:[0-9]*' | cut -d: -f2) && [ -n "$port" ]; do
    kill -0 "$server"
  done
}

end_own_servers() {
  local one
  for one in "${own_servers[@]}"; do kill "$one" && wait "$one" || true; done
}
