# shellcheck shell=bash
# Brings a checkout to the point where manage.py can run: packages, Python, secrets, servers, database.

LIB="$ROOT/bin/lib"
# shellcheck source=bin/lib/environment.sh
source "$LIB/environment.sh"
# shellcheck source=bin/lib/postgres.sh
source "$LIB/postgres.sh"
# shellcheck source=bin/lib/redis.sh
source "$LIB/redis.sh"
# shellcheck source=bin/lib/python.sh
source "$LIB/python.sh"
# shellcheck source=bin/lib/packages.sh
source "$LIB/packages.sh"

services_are_up() {
  { ! uses_private_database || postgres_is_up; } && { ! uses_private_redis || redis_is_up; }
}

# True when only the servers may have to be started: the quick way of every command after the first.
is_prepared() {
  venv_is_current && [[ -f $SECRETS ]] && [[ -z $(missing_packages) ]] || return 1
  ! uses_private_database || [[ $(cat "$PG_HOME/layout" 2>/dev/null) == "$DATABASE_LAYOUT" ]]
}

# Shows every step. Holds the lock of the checkout.
prepare() {
  claim_checkout
  take_lock
  : >"$RUN_DIR/steps.log"
  step "Debian packages" install_packages
  step "service account" make_service_account
  step "Python environment" make_venv
  step "folders" make_folders
  step "secrets" make_secrets
  if uses_private_database; then
    step "PostgreSQL cluster" make_cluster
    step "PostgreSQL" start_postgres
    step "roles, extensions, database" make_database
  else
    say "  PostgreSQL: DATABASE_URL is set, no private server"
  fi
  if uses_private_redis; then
    step "Redis" start_redis
  else
    say "  Redis: REDIS_URL is set, no private server"
  fi
  release_lock
  load_environment
}

# For commands that only need the servers: silent when they run, everything when nothing is there yet.
ensure_prepared() {
  claim_checkout
  if is_prepared && services_are_up; then
    load_environment
    return 0
  fi
  if ! is_prepared; then
    prepare >&2
    return 0
  fi
  take_lock
  {
    if uses_private_database; then
      step "PostgreSQL cluster" make_cluster
      step "PostgreSQL" start_postgres
    fi
    if uses_private_redis; then step "Redis" start_redis; fi
  } >&2
  release_lock
  load_environment
}
