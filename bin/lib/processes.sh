# shellcheck shell=bash
# Background processes of a checkout: worker, beat, web. A pid file holds pid, start time and boot id, so
# that a pid given to somebody else later is never killed.

PID_DIR="$STATE/pid"

# Field 22 of /proc/PID/stat; the name in field 2 may hold spaces and brackets, so cut behind its end.
# Fails for a process that has ended, also while nobody has collected its status (state Z).
process_start_time() {
  local fields
  read -r -a fields < <(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
  [[ ${fields[0]} != [ZX] ]] || return 1
  printf '%s' "${fields[19]}"
}
boot_id() { cat /proc/sys/kernel/random/boot_id; }

# process_id NAME: prints the pid while that very process lives.
process_id() {
  local pid started boot
  [[ -f $PID_DIR/$1 ]] || return 1
  read -r pid started boot <"$PID_DIR/$1" || return 1
  [[ $boot == "$(boot_id)" && $(process_start_time "$pid") == "$started" ]] || return 1
  printf '%s' "$pid"
}

# The service account, unless it cannot read the checkout (a folder under /root, say) or run its Python.
process_account() {
  if is_root && (cd / && as_user "$SERVICE_ACCOUNT" test -r "$ROOT/manage.py" -a -x "$ROOT/laizhou") &&
    (cd / && as_user "$SERVICE_ACCOUNT" "$PYTHON" -c '' 2>/dev/null); then
    printf '%s' "$SERVICE_ACCOUNT"
  else
    id -un
  fi
}

# start_process NAME COMMAND…: its own session, log in $STATE/log/NAME.log, no lock inherited.
start_process() {
  local name=$1 account pid
  shift
  if process_id "$name" >/dev/null; then return 0; fi
  account=$(process_account)
  rotate_log "$STATE/log/$name.log"
  cd "$ROOT"
  as_user_in_session "$account" "$@" </dev/null >>"$STATE/log/$name.log" 2>&1 9>&- &
  pid=$!
  printf '%s %s %s\n' "$pid" "$(process_start_time "$pid")" "$(boot_id)" >"$PID_DIR/$name"
}

# Each link replaces the one before (setsid, setpriv, env, command), so the pid is the command's own.
as_user_in_session() {
  local account=$1
  shift
  if is_root && [[ $account != root ]]; then
    exec setsid setpriv --reuid="$account" --regid="$account" --init-groups \
      env HOME="$STATE" USER="$account" LOGNAME="$account" "$@"
  fi
  exec setsid "$@"
}

wait_until_gone() {
  local pid=$1 tenths=$2
  while ((tenths-- > 0)); do
    process_start_time "$pid" >/dev/null || return 0
    sleep 0.1
  done
  return 1
}

# stop_process NAME: asks, waits ten seconds (a task in hand may end), then kills its whole session.
stop_process() {
  local name=$1 pid
  if pid=$(process_id "$name"); then
    kill -TERM "$pid" 2>/dev/null || true
    if ! wait_until_gone "$pid" 100; then
      kill -KILL -- "-$pid" 2>/dev/null || true
      wait_until_gone "$pid" 50 || true
    fi
    say "stopped $name"
  fi
  rm -f "$PID_DIR/$name"
}

# Status code of GET http://127.0.0.1:PORT/PATH; nothing but bash needed.
http_status() {
  local code
  {
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
    IFS=' ' read -r -t 10 _ code _ <&3
    printf '%s' "$code"
  } 3<>"/dev/tcp/127.0.0.1/$1" 2>/dev/null
}

wait_for_web() {
  local port=$1 tries
  cure "read $STATE/log/web.log"
  local code=""
  for tries in {1..600}; do
    code=$(http_status "$port" /healthz 2>/dev/null || true)
    if [[ $code == 200 ]]; then return 0; fi
    if ! process_id web >/dev/null; then
      say "the web server ended after $tries tries"
      break
    fi
    sleep 0.1
  done
  say "last answer of /healthz: ${code:-none}"
  tail -n 20 "$STATE/log/web.log"
  return 1
}

wait_for_worker() {
  local tries
  cure "read $STATE/log/worker.log"
  for tries in {1..15}; do
    if "$PYTHON" -m celery -A laizhou inspect ping --destination worker@laizhou --timeout 2; then return 0; fi
    if ! process_id worker >/dev/null; then
      say "the worker ended before try $tries"
      break
    fi
  done
  tail -n 20 "$STATE/log/worker.log"
  return 1
}
