# shellcheck shell=bash
# The private Redis of a checkout: loopback port of its own, password, append-only file.
# TCP and not a unix socket, because the queue library and the client spell socket URLs differently and
# one REDIS_URL serves both; the password keeps other accounts of the machine out.

REDIS_HOME="$STATE/redis"

redis_port() { cat "$REDIS_HOME/port" 2>/dev/null || true; }
redis_command() {
  REDISCLI_AUTH=$(sed -n 's/^REDIS_PASSWORD=//p' "$SECRETS") redis-cli -h 127.0.0.1 -p "$(redis_port)" "$@" 2>/dev/null
}
# The password is ours alone, so PONG proves that it is our server and not a neighbour on the same port.
redis_answer() { if [[ -n $(redis_port) ]]; then redis_command ping || true; fi; }
redis_is_up() { [[ $(redis_answer) == PONG ]]; }

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

choose_redis_port() {
  local port
  port=$(redis_port)
  # Below the range from which the kernel gives ports to outgoing connections.
  while [[ -z $port ]] || ! port_is_free "$port"; do port=$((20000 + RANDOM % 12000)); done
  printf '%s\n' "$port" >"$REDIS_HOME/port"
}

write_redis_settings() {
  cat <<END
bind 127.0.0.1
port $(redis_port)
requirepass $(sed -n 's/^REDIS_PASSWORD=//p' "$SECRETS")
dir $REDIS_HOME
daemonize yes
pidfile $REDIS_HOME/redis.pid
logfile $REDIS_HOME/server.log
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
END
}

start_redis() {
  cure "read $REDIS_HOME/server.log"
  if redis_is_up; then return 0; fi
  mkdir -p "$REDIS_HOME"
  local attempt waited answer
  for attempt in 1 2 3 4 5; do
    choose_redis_port
    (umask 077 && write_redis_settings >"$REDIS_HOME/redis.conf")
    chmod 0700 "$REDIS_HOME"
    if is_root; then chown -R "$SERVICE_ACCOUNT:" "$REDIS_HOME"; fi
    (cd / && as_user "$(service_account)" redis-server "$REDIS_HOME/redis.conf" </dev/null 9>&-) || true
    for waited in {1..150}; do
      answer=$(redis_answer)
      case $answer in
      PONG) return 0 ;;
      LOADING*) waited=1 ;;
      esac
      sleep 0.1
      [[ $waited -lt 30 || -n $answer ]] || break
    done
    say "start $attempt did not succeed, again with another port"
  done
  tail -n 15 "$REDIS_HOME/server.log"
  return 1
}

stop_redis() {
  if ! redis_is_up; then return 0; fi
  redis_command shutdown nosave >/dev/null || true
  say "stopped Redis"
}
