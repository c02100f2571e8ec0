# shellcheck shell=bash
# The partner agencies of the demo: stand-ins as processes of their own, one of them with a PostgreSQL of its own.
# Only bin/demo starts them; a deployment names real partners in EXCHANGE_PEERS.

STANDINS="$STATE/standins"
AGENCIES=(bureau business keyvehicle bus farm)
DEPARTMENTS=(transport education highway agriculture housing market)
MARKET_HOME="$STATE/market-postgres"
MARKET_DATA="$MARKET_HOME/data"

standin_names() {
  local code
  printf '%s\n' "${AGENCIES[@]}"
  for code in "${DEPARTMENTS[@]}"; do printf 'partner-%s\n' "$code"; done
}

# Whatever listens, in the order of the ports: the agencies, the market's database, the desk. What is new comes last.
standin_places() {
  standin_names
  printf '%s\n' market-postgres desk
}

# Ports follow the web server's: 8000 → 8701, 8702, …
standin_port() {
  local name=$1 place=0 other
  while read -r other; do
    place=$((place + 1))
    [[ $other != "$name" ]] || break
  done < <(standin_places)
  printf '%d' $((port + 700 + place))
}

# What the platform must know of them; set before worker and web start. The desk is nobody whom it talks to.
standin_environment() {
  local name peers=()
  while read -r name; do peers+=("127.0.0.1/32:$(standin_port "$name")"); done < <(standin_names; printf 'market-postgres\n')
  export EXCHANGE_PEERS="${EXCHANGE_PEERS:-$(IFS=,; printf '%s' "${peers[*]}")}"
  export EXCHANGE_FERRY_ROOT="${EXCHANGE_FERRY_ROOT:-$STANDINS}"
  export DEMO_DESK_URL="${DEMO_DESK_URL:-http://localhost:$(standin_port desk)}"
}

make_standin_folders() {
  local name
  while read -r name; do mkdir -p "$STANDINS/$name"; done < <(standin_names)
  if [[ ! -f $STANDINS/seed.json ]]; then
    "$PYTHON" "$ROOT/bin/standins/seed_from_city.py" --city "$MEDIA_ROOT/demo/city" --out "$STANDINS/seed.json"
  fi
  while read -r name; do
    [[ -f $STANDINS/$name/seed.json ]] || cp "$STANDINS/seed.json" "$STANDINS/$name/seed.json"
  done < <(standin_names)
  # Worker and stand-ins run as one account: both read and write the ferry folders.
  if is_root; then chown -R "$(process_account):" "$STANDINS"; fi
  chmod -R g+rwX,o-rwx "$STANDINS"
}

# The market authority's own server: TCP with a password for readers, its socket for the authority itself.
start_market_postgres() {
  cure "read $MARKET_HOME/server.log"
  local port_of_market
  port_of_market=$(standin_port market-postgres)
  mkdir -p "$MARKET_HOME"
  if is_root; then chown "$(database_account)" "$MARKET_HOME"; fi
  chmod 0711 "$MARKET_HOME"
  if [[ ! -f $MARKET_DATA/PG_VERSION ]]; then
    rm -rf "$MARKET_DATA.new"
    as_database_account "$(postgres_bin)/initdb" -D "$MARKET_DATA.new" -U postgres --encoding=UTF8 --locale=C.UTF-8 \
      --auth-local=trust --auth-host=scram-sha-256 >/dev/null
    mv "$MARKET_DATA.new" "$MARKET_DATA"
  fi
  if as_database_account "$(postgres_bin)/pg_ctl" status -D "$MARKET_DATA" >/dev/null; then return 0; fi
  as_database_account "$(postgres_bin)/pg_ctl" start -D "$MARKET_DATA" -l "$MARKET_HOME/server.log" -w -t 60 -s \
    -o "-k $MARKET_HOME -p $port_of_market -c listen_addresses=127.0.0.1 -c shared_buffers=16MB" </dev/null 9>&-
}

start_standins() {
  make_standin_folders
  start_market_postgres
  local name extra
  while read -r name; do
    extra=()
    case $name in
    business) extra=(--dsn "host=$MARKET_HOME port=$(standin_port market-postgres) user=postgres dbname=postgres") ;;
    partner-highway) extra=(--code highway --takes files) ;;
    partner-*) extra=(--code "${name#partner-}") ;;
    esac
    stop_process "$name" >/dev/null
    start_process "$name" "$PYTHON" "$ROOT/bin/standins/run.py" "${name%%-*}" --port "$(standin_port "$name")" \
      --data "$STANDINS/$name" ${extra[@]+"${extra[@]}"}
  done < <(standin_names)
  start_desk
  while read -r name; do wait_for_standin "$name"; done < <(standin_names; printf 'desk\n')
}

# A page with buttons for all of them; the departments send disputes to the web server itself, whatever people type.
start_desk() {
  local name agencies=() letters=()
  while read -r name; do agencies+=(--agency "$name=http://127.0.0.1:$(standin_port "$name")"); done < <(standin_names)
  [[ $EMAIL_URL != filemail://* ]] || letters=(--letters "$STATE/mail")
  stop_process desk >/dev/null
  start_process desk "$PYTHON" "$ROOT/bin/standins/desk.py" --port "$(standin_port desk)" --platform "$PUBLIC_URL" \
    --disputes "http://127.0.0.1:$port/api/v1/partners/disputes" --data "$STANDINS" "${agencies[@]}" ${letters[@]+"${letters[@]}"}
}

wait_for_standin() {
  local name=$1 tries
  cure "read $STATE/log/$name.log"
  for tries in {1..300}; do
    if [[ $(http_status "$(standin_port "$name")" /_state 2>/dev/null || true) == 200 ]]; then return 0; fi
    process_id "$name" >/dev/null || break
    sleep 0.1
  done
  say "$name did not answer after $tries tries"
  tail -n 20 "$STATE/log/$name.log"
  return 1
}

declare_links() {
  cure "read the message above; the declarations are exchange/links_demo.toml and exchange/partners_demo.toml"
  local places=(
    --set "BUREAU=http://127.0.0.1:$(standin_port bureau)" --set "BUREAU_DATA=$STANDINS/bureau"
    --set "BUS=http://127.0.0.1:$(standin_port bus)"
    --set "MARKET=postgres://reader@127.0.0.1:$(standin_port market-postgres)/postgres" --set "MARKET_DATA=$STANDINS/business"
    --set OWNER=admin
  )
  local code name
  for code in "${DEPARTMENTS[@]}"; do
    name=${code^^}
    # MARKET is the database of the register.
    [[ $code != market ]] || name=MARKET_OFFICE
    places+=(--set "$name=http://127.0.0.1:$(standin_port "partner-$code")" --set "${name}_DATA=$STANDINS/partner-$code")
  done
  manage declare_links exchange/links_demo.toml "${places[@]}"
  manage declare_partners exchange/partners_demo.toml "${places[@]}"
  # The keys that were handed over belong to the partners.
  if is_root; then chown -R "$(process_account):" "$STANDINS"; fi
}

stop_standins() {
  local name
  while read -r name; do stop_process "$name"; done < <(standin_names; printf 'desk\n')
  [[ -f $MARKET_DATA/postmaster.pid ]] || return 0
  as_database_account "$(postgres_bin)/pg_ctl" stop -D "$MARKET_DATA" -m fast -w -t 60 -s && say "stopped the market's PostgreSQL"
}
