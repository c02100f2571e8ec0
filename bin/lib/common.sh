# shellcheck shell=bash
# Shared ground of every command in bin/: where things lie, how steps are shown, the lock, the owner.
# Sourced, never run. Everything here must work before Python exists on the machine.

set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
RUN_DIR="$ROOT/.run"
VENV="$ROOT/.venv"
PYTHON="$VENV/bin/python"
# The unprivileged account of Redis, worker, beat and web when root runs the commands.
SERVICE_ACCOUNT=laizhou

# Cron and CI often come with LANG=C; Chinese text needs UTF-8 in every child.
# Steps show the last line of their output while they run: Python must not hold it back.
# A cron job may lack the folders of useradd and update-rc.d.
export PATH="$PATH:/usr/sbin:/sbin"
export LANG=C.UTF-8 LC_ALL=C.UTF-8 PYTHONUTF8=1 PYTHONUNBUFFERED=1

is_root() { [[ $EUID -eq 0 ]]; }

# State (cluster, Redis, secrets, logs, uploads): outside the checkout for root, because the server
# accounts must reach it even when the checkout lies in a private folder; inside it for a plain user.
state_dir() {
  if [[ -n ${LAIZHOU_STATE:-} ]]; then
    printf '%s' "$LAIZHOU_STATE"
  elif is_root; then
    printf '/var/lib/laizhou/%s' "$(printf '%s' "$ROOT" | sha256sum | cut -c1-12)"
  else
    printf '%s' "$RUN_DIR"
  fi
}
STATE="$(state_dir)"

say() { printf '%s\n' "$*"; }

# fail MESSAGE CURE: ends the command; every failure names what to do about it.
fail() {
  printf '\nerror: %s\n' "$1" >&2
  [[ -z ${2:-} ]] || printf 'cure:  %s\n' "$2" >&2
  exit 1
}

# cure TEXT: inside a step, says what to do should the next commands of the step fail.
cure() { printf '%s\n' "$1" >"$RUN_DIR/step.cure"; }

seconds_since() {
  local now=${EPOCHREALTIME/./} then=${1/./}
  printf '%d.%01d' $(((now - then) / 1000000)) $(((now - then) / 100000 % 10))
}

# Says every 15 s that a long step is alive, with the last line of its log.
# Waits by `read -t` on a pipe nobody writes: a `sleep` would outlive us and hold the caller's pipe open.
tick_while_running() {
  local started=$1 log=$2 silence
  exec {silence}<> <(:)
  while :; do
    read -r -t 15 -u "$silence" || true
    printf '\n    … %s s: %s' "$(seconds_since "$started")" "$(tail -n 1 "$log" 2>/dev/null | tr -d '\r' | cut -c1-90)"
  done
}

# step LABEL COMMAND…: runs the command with its output in a log, shows time, on failure log and cure.
step() {
  local label=$1 started=$EPOCHREALTIME log="$RUN_DIR/step.log" status ticker
  shift
  : >"$log"
  rm -f "$RUN_DIR/step.cure"
  printf '  %-46s' "$label"
  tick_while_running "$started" "$log" 9>&- &
  ticker=$!
  set +e
  (
    set -e
    "$@"
  ) >"$log" 2>&1
  status=$?
  set -e
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  cat "$log" >>"$RUN_DIR/steps.log"
  if ((status == 0)); then
    printf ' ok   %6s s\n' "$(seconds_since "$started")"
    return 0
  fi
  printf ' FAILED after %s s\n' "$(seconds_since "$started")"
  tail -n 30 "$log" | sed 's/^/    | /' >&2
  fail "$label" "$(cat "$RUN_DIR/step.cure" 2>/dev/null || printf 'read %s, mend the cause, run the command again' "$RUN_DIR/steps.log")"
}

# as_user ACCOUNT COMMAND…: drops privileges when we have any to drop; replaces no process in between.
as_user() {
  local account=$1
  shift
  if is_root && [[ $account != root ]]; then
    setpriv --reuid="$account" --regid="$account" --init-groups \
      env HOME="$STATE" USER="$account" LOGNAME="$account" "$@"
  else
    "$@"
  fi
}

# as_root COMMAND…: for packages and the service account only.
as_root() {
  if is_root; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "needs root: $*"
    return 1
  fi
}

database_account() { if is_root; then printf postgres; else id -un; fi; }
service_account() { if is_root; then printf '%s' "$SERVICE_ACCOUNT"; else id -un; fi; }

# The first account that sets a checkout up keeps it: data of root under a user's hands (or the other
# way round) ends in half-readable clusters.
claim_checkout() {
  mkdir -p "$RUN_DIR" 2>/dev/null || fail "cannot write to $ROOT" \
    "run as $(stat -c %U "$ROOT"), or take a checkout of your own"
  local owner
  if [[ -f $RUN_DIR/owner ]]; then
    read -r owner <"$RUN_DIR/owner"
    [[ $owner == "$EUID" ]] || fail \
      "this checkout was set up by $(getent passwd "$owner" | cut -d: -f1) (uid $owner), you are $(id -un) (uid $EUID)" \
      "run the command as that user, or take a checkout of your own"
  else
    [[ -w $RUN_DIR ]] || fail "cannot write to $RUN_DIR" "run as $(stat -c %U "$RUN_DIR")"
    printf '%s\n' "$EUID" >"$RUN_DIR/owner"
  fi
}

# One set-up or start at a time. Servers are started with 9>&-, else they would keep the lock for ever.
take_lock() {
  exec 9>"$RUN_DIR/lock"
  if ! flock -n 9; then
    say "another command is setting this checkout up; waiting for it …"
    flock -w 900 9 || fail "the other command still holds $RUN_DIR/lock after 15 minutes" \
      "look for a hanging bin/setup or bin/demo of this checkout, end it, run again"
  fi
}
release_lock() { exec 9>&-; }
