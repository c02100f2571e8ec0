# shellcheck shell=bash
# The private PostgreSQL of a checkout: one cluster, unix socket only, peer authentication.

PG_HOME="$STATE/postgres"
PG_DATA="$PG_HOME/data"
PG_LOG="$PG_HOME/server.log"
DATABASE_LAYOUT=1

# An upgraded machine can hold a newer server without PostGIS: take the newest that has it.
postgres_version() {
  local control version newest=""
  for control in /usr/share/postgresql/*/extension/postgis.control; do
    version=${control#/usr/share/postgresql/}
    version=${version%%/*}
    [[ -x /usr/lib/postgresql/$version/bin/postgres ]] || continue
    [[ -n $newest && $newest -gt $version ]] || newest=$version
  done
  # A cluster stays with the server that made it.
  if [[ -r $PG_DATA/PG_VERSION ]]; then newest=$(cat "$PG_DATA/PG_VERSION"); fi
  printf '%s' "$newest"
}
postgres_bin() { printf '/usr/lib/postgresql/%s/bin' "$(postgres_version)"; }
postgres_is_up() { [[ -n $(postgres_version) ]] && "$(postgres_bin)/pg_isready" -q -h "$(socket_dir)" -t 2; }
as_database_account() { (cd / && as_user "$(database_account)" "$@"); }
owner_sql() { psql -X -q -v ON_ERROR_STOP=1 -h "$(socket_dir)" -U postgres "$@"; }

make_socket_dir() {
  local folder
  folder=$(socket_dir)
  mkdir -p "$folder"
  [[ -O $folder || $(stat -c %U "$folder") == "$(database_account)" ]] || {
    cure "remove $folder: it belongs to somebody else"
    return 1
  }
  if is_root; then
    chown "$(database_account):$SERVICE_ACCOUNT" "$folder"
    chmod 0750 "$folder"
  else
    chmod 0700 "$folder"
  fi
}

# A quarter of the memory, at most 1 GiB: the machine is shared with worker, web and browser.
shared_buffers_mib() {
  local kib
  kib=$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)
  local quarter=$((kib / 4096))
  printf '%d' $((quarter > 1024 ? 1024 : quarter))
}

write_postgres_settings() {
  cat <<END
listen_addresses = ''
# In the folder of the service account (0750) or of the one user; peer authentication decides the role.
unix_socket_permissions = $(if is_root; then printf 0777; else printf 0700; fi)
# What a user starts keeps data safe.
fsync = on
full_page_writes = on
shared_buffers = $(shared_buffers_mib)MB
work_mem = 32MB
maintenance_work_mem = 256MB
max_wal_size = 2GB
wal_compression = lz4
checkpoint_timeout = 15min
random_page_cost = 1.1
# A parallel plan costs 20 ms to start, a tile takes 3; compiled plans cost more than they save there.
jit = off
max_parallel_workers_per_gather = 0
# The log must not repeat personal numbers: no DETAIL lines (they hold key values), no statements, no parameters.
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_line_prefix = '%m [%p] %u@%d '
log_timezone = 'Asia/Shanghai'
END
}

# Who may be which role: the running platform only laizhou_app, root (or the one user) all three.
write_postgres_access() {
  printf 'local all all peer map=laizhou\n' >"$1/pg_hba.conf"
  local account role
  {
    for account in "$(id -un)" "$(database_account)"; do
      for role in postgres laizhou_owner laizhou_app; do printf 'laizhou "%s" %s\n' "$account" "$role"; done
    done
    if is_root; then printf 'laizhou %s laizhou_app\n' "$SERVICE_ACCOUNT"; fi
  } | sort -u >"$1/pg_ident.conf"
}

make_cluster() {
  cure "look at the rights and free space of $PG_HOME; an unfinished cluster there may be removed"
  [[ -n $(postgres_version) ]] || {
    cure "apt-get install -y --no-install-recommends postgresql-postgis"
    return 1
  }
  [[ -x $(postgres_bin)/postgres ]] || {
    cure "this cluster was made by PostgreSQL $(postgres_version), which is gone: install postgresql-$(postgres_version)-postgis-3"
    return 1
  }
  mkdir -p "$PG_HOME"
  if is_root; then chown "$(database_account)" "$PG_HOME"; fi
  chmod 0700 "$PG_HOME"
  if [[ ! -f $PG_DATA/PG_VERSION ]]; then
    # Never locale C: pg_trgm finds nothing in Chinese text under it.
    # Made beside and renamed, so that an interrupted initdb is never taken for a cluster.
    rm -rf "$PG_DATA.new"
    as_database_account "$(postgres_bin)/initdb" -D "$PG_DATA.new" -U postgres --encoding=UTF8 --locale=C.UTF-8 \
      --auth=peer --data-checksums
    printf "include_if_exists = 'laizhou.conf'\n" >>"$PG_DATA.new/postgresql.conf"
    mv "$PG_DATA.new" "$PG_DATA"
  fi
  write_postgres_settings >"$PG_DATA/laizhou.conf"
  write_postgres_access "$PG_DATA"
  if is_root; then chown "$(database_account):" "$PG_DATA/laizhou.conf" "$PG_DATA"/pg_{hba,ident}.conf; fi
}

# After a crash and a reboot the pid in postmaster.pid may belong to a stranger; PostgreSQL then refuses
# to start. The file is removed only when no process works in the data folder any more.
drop_stale_postmaster_file() {
  [[ -f $PG_DATA/postmaster.pid ]] || return 0
  local folder
  for folder in /proc/[0-9]*/cwd; do
    [[ $(readlink "$folder" 2>/dev/null) != "$PG_DATA" ]] || return 0
  done
  rm -f "$PG_DATA/postmaster.pid"
}

rotate_log() { if [[ -f $1 && $(stat -c %s "$1") -gt 50000000 ]]; then mv -f "$1" "$1.1"; fi; }

start_postgres() {
  cure "read $PG_LOG; if the disk is full, free space and run again"
  if postgres_is_up; then return 0; fi
  make_socket_dir
  rotate_log "$PG_LOG"
  local attempt
  # After kill -9 the orphaned children keep the shared memory for some seconds: try again until they are gone.
  for attempt in 1 2 3 4 5 6 7 8 9 10; do
    drop_stale_postmaster_file
    if as_database_account "$(postgres_bin)/pg_ctl" start -D "$PG_DATA" -l "$PG_LOG" -w -t 60 -s \
      -o "-k $(socket_dir)" </dev/null 9>&- && postgres_is_up; then
      return 0
    fi
    if postgres_is_up; then return 0; fi
    say "start $attempt did not succeed, again in 2 s"
    sleep 2
  done
  tail -n 15 "$PG_LOG"
  return 1
}

# Roles, extensions, database. template1 has the extensions, so that a test database is made in 0.1 s
# by a role that could not create them.
make_database() {
  cure "read $PG_LOG"
  [[ ! -f $PG_HOME/layout || $(cat "$PG_HOME/layout") != "$DATABASE_LAYOUT" ]] || return 0
  owner_sql -d template1 <<'END'
SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['laizhou_owner', 'laizhou_app']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE laizhou_owner CREATEDB;
-- So that a test can become the application and find out what is refused to it.
GRANT laizhou_app TO laizhou_owner;
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
END
  owner_sql -d postgres <<'END'
SELECT 'CREATE DATABASE laizhou OWNER laizhou_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'laizhou') \gexec
END
  printf '%s' "$DATABASE_LAYOUT" >"$PG_HOME/layout"
}

stop_postgres() {
  local pid
  [[ -f $PG_DATA/postmaster.pid ]] || return 0
  read -r pid <"$PG_DATA/postmaster.pid"
  # The pid is ours only while that process works in our data folder.
  [[ $(readlink "/proc/$pid/cwd" 2>/dev/null) == "$PG_DATA" ]] || return 0
  as_database_account "$(postgres_bin)/pg_ctl" stop -D "$PG_DATA" -m fast -w -t 60 -s
  say "stopped PostgreSQL"
}
