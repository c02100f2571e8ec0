# shellcheck shell=bash
# The environment of Django: what the caller set wins, then .env, then the secrets made at set-up, then
# the private services. See .env.example for every variable.

SECRETS="$STATE/secrets.env"
SOCKET_FILE_LIMIT=107

# Reads KEY=VALUE lines as django-environ does: optional `export`, optional quotes, no overriding.
load_env_file() {
  local line key value
  [[ -r $1 ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line =~ ^[[:space:]]*(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)[[:space:]]*=[[:space:]]*(.*)$ ]] || continue
    key=${BASH_REMATCH[2]}
    value=${BASH_REMATCH[3]%$'\r'}
    if [[ $value =~ ^\'([^\']*)\' || $value =~ ^\"([^\"]*)\" ]]; then
      value=${BASH_REMATCH[1]}
    else
      value=${value%%[[:space:]]#*}
      value=${value%"${value##*[![:space:]]}"}
    fi
    [[ -n ${!key+set} ]] || export "$key=$value"
  done <"$1"
}

# `.env` decides which services are private, so it is read before anything else.
load_env_file "$ROOT/.env"
uses_private_database() { [[ ${DATABASE_URL:-} == "" || -n ${LAIZHOU_PRIVATE_DATABASE:-} ]]; }
uses_private_redis() { [[ ${REDIS_URL:-} == "" || -n ${LAIZHOU_PRIVATE_REDIS:-} ]]; }

# A unix socket path may have 107 bytes; a deep checkout of a plain user gets a short folder in /tmp.
socket_dir() {
  local preferred="$STATE/socket"
  if ((${#preferred} + 15 <= SOCKET_FILE_LIMIT)); then
    printf '%s' "$preferred"
  else
    printf '/tmp/laizhou-%s-%s' "$EUID" "$(printf '%s' "$STATE" | sha256sum | cut -c1-12)"
  fi
}

random_key() { head -c "${1:-32}" /dev/urandom | base64 -w 0; }

# Made once and kept: losing FIELD_KEYS makes every stored personal number unreadable.
make_secrets() {
  cure "look at the rights of $STATE"
  [[ -f $SECRETS ]] && return 0
  local draft="$SECRETS.new"
  (
    umask 077
    {
      say "SECRET_KEY=$(random_key 48)" # Django's deployment check asks for 50 characters or more
      say "FIELD_KEYS=1:$(random_key)"
      say "INDEX_KEY=$(random_key)"
      say "REDIS_PASSWORD=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')"
    } >"$draft"
  )
  mv "$draft" "$SECRETS"
}

load_environment() {
  load_env_file "$SECRETS"
  if uses_private_database; then
    # django-environ leaves %2F in a host as it is; `//folder/…` is its form for a socket folder.
    local socket
    socket=$(socket_dir)
    export LAIZHOU_PRIVATE_DATABASE=1
    export DATABASE_URL="postgis://laizhou_app@/${socket}/laizhou"
    export DATABASE_OWNER_URL="postgis://laizhou_owner@/${socket}/laizhou"
    # For psql and pg_dump started by hand or by a bench; Django does not read them.
    export PGHOST="$socket" PGDATABASE=laizhou
    export DATABASE_FOLDER="${DATABASE_FOLDER:-$PG_HOME}"
  fi
  if uses_private_redis; then
    export LAIZHOU_PRIVATE_REDIS=1
    local port
    port=$(cat "$STATE/redis/port" 2>/dev/null || printf 6379)
    export REDIS_URL="redis://:${REDIS_PASSWORD}@127.0.0.1:${port}/0"
  fi
  # Without a mail server, letters land as files.
  export EMAIL_URL="${EMAIL_URL:-filemail:///${STATE}/mail}"
  export MEDIA_ROOT="${MEDIA_ROOT:-$STATE/media}"
  export DJANGO_SETTINGS_MODULE="${DJANGO_SETTINGS_MODULE:-laizhou.settings}"
}
