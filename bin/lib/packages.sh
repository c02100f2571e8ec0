# shellcheck shell=bash
# Debian packages: installed only when something is missing, and without the servers Debian would start.

# The same line serves Debian 12 (PostgreSQL 15, Python 3.11) and 13 (17, 3.13).
missing_packages() {
  local missing=()
  if uses_private_database && [[ -z $(postgres_version) ]]; then missing+=(postgresql-postgis); fi
  if uses_private_redis && ! command -v redis-server >/dev/null; then missing+=(redis-server); fi
  [[ -x $PYTHON || -n $(find_python) ]] || missing+=(python3 python3-venv)
  command -v chromium >/dev/null || missing+=(chromium)
  [[ -e /usr/share/fonts/truetype/wqy/wqy-microhei.ttc ]] || missing+=(fonts-wqy-microhei)
  command -v msgfmt >/dev/null || missing+=(gettext)
  # GeoDjango loads GDAL and GEOS; they come with PostGIS, but not when only DATABASE_URL is used elsewhere.
  [[ -n $(find /usr/lib -maxdepth 2 -name 'libgdal.so.*' -print -quit 2>/dev/null) ]] || missing+=(gdal-bin)
  # WeasyPrint sets the text of PDFs with Pango and cuts fonts with HarfBuzz.
  [[ -n $(find /usr/lib -maxdepth 2 -name 'libpangoft2-1.0.so.0' -print -quit 2>/dev/null) ]] || missing+=(libpango-1.0-0 libpangoft2-1.0-0)
  [[ -n $(find /usr/lib -maxdepth 2 -name 'libharfbuzz-subset.so.0' -print -quit 2>/dev/null) ]] || missing+=(libharfbuzz-subset0)
  [[ -e /usr/share/zoneinfo/Asia/Shanghai ]] || missing+=(tzdata)
  [[ -d /etc/ssl/certs && -n $(ls /etc/ssl/certs 2>/dev/null) ]] || missing+=(ca-certificates)
  printf '%s' "${missing[*]:-}"
}

# Debian would make and start a main cluster on 5432 and a Redis on 6379; the project runs its own.
hold_back_services() {
  as_root mkdir -p /etc/postgresql-common/createcluster.d
  printf 'create_main_cluster = false\n' | as_root tee /etc/postgresql-common/createcluster.d/laizhou.conf >/dev/null
  if [[ ! -e /usr/sbin/policy-rc.d ]]; then
    printf '#!/bin/sh\n# laizhou set-up: removed when it ends\nexit 101\n' | as_root tee /usr/sbin/policy-rc.d >/dev/null
    as_root chmod 0755 /usr/sbin/policy-rc.d
  fi
}

allow_services_again() {
  as_root rm -f /etc/postgresql-common/createcluster.d/laizhou.conf
  if grep -q 'laizhou set-up' /usr/sbin/policy-rc.d 2>/dev/null; then as_root rm -f /usr/sbin/policy-rc.d; fi
}

# Not started now is not enough: an enabled service would come up with the next boot.
keep_redis_service_off() {
  if command -v systemctl >/dev/null; then
    as_root systemctl disable redis-server.service
  else
    as_root update-rc.d redis-server disable
  fi
}

install_packages() {
  local missing
  missing=$(missing_packages)
  [[ -n $missing ]] || return 0
  # shellcheck disable=SC2086  # a list of package names
  cure "as root: apt-get update && apt-get install -y --no-install-recommends $missing"
  command -v apt-get >/dev/null || {
    say "no apt-get here: the set-up is made for Debian 12 and 13; missing: $missing"
    return 1
  }
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  trap allow_services_again EXIT
  hold_back_services
  # An unreachable extra source must not stop the installation; a missing package will.
  as_root "${apt[@]}" update || say "apt-get update reported errors; going on with the lists at hand"
  # shellcheck disable=SC2086  # a list of package names
  as_root "${apt[@]}" install -y --no-install-recommends -o Dpkg::Options::=--force-confold $missing
  if [[ " $missing " == *" redis-server "* ]]; then keep_redis_service_off; fi
  missing=$(missing_packages)
  if [[ -n $missing ]]; then
    say "still missing after the installation: $missing"
    return 1
  fi
}

# The unprivileged account of Redis, worker, beat and web, made only when root runs the set-up.
make_service_account() {
  is_root || return 0
  if ! id -u "$SERVICE_ACCOUNT" >/dev/null 2>&1; then
    cure "as root: useradd --system --user-group $SERVICE_ACCOUNT"
    useradd --system --user-group --home-dir /var/lib/laizhou --no-create-home --shell /usr/sbin/nologin "$SERVICE_ACCOUNT"
  fi
}

make_folders() {
  cure "look at the rights and free space of $STATE"
  mkdir -p "$STATE"/{log,pid,media,mail,beat}
  if is_root; then
    chmod 0755 "$(dirname "$STATE")" "$STATE"
    # Set-group-ID: what root imports stays writable for the worker, and closed to everybody else.
    chown "$SERVICE_ACCOUNT:$SERVICE_ACCOUNT" "$STATE"/{log,media,mail,beat}
    chmod 2770 "$STATE"/{log,media,mail,beat}
    chmod 0700 "$STATE/pid"
    printf '%s\n' "$ROOT" >"$STATE/checkout"
  else
    chmod 0700 "$STATE"/{log,pid,media,mail,beat}
  fi
}
