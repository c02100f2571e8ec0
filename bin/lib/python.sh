# shellcheck shell=bash
# The virtual environment: made from the system's Python, filled from requirements.txt, redone only when
# the list, the interpreter or the place of the checkout changed.

# The fast installer; when it cannot be had, pip does the same work in 35 s instead of 3.
UV_VERSION=0.13.9

# System interpreters first: one in a private home folder cannot be run by the service account.
find_python() {
  local candidate
  for candidate in /usr/bin/python3 /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11 "$(command -v python3 || true)"; do
    [[ -n $candidate && -x $candidate ]] || continue
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      printf '%s' "$candidate"
      return 0
    fi
  done
}

python_stamp() {
  printf '%s %s' "$(sha256sum <"$ROOT/requirements.txt" | cut -c1-64)" "$ROOT"
}
venv_is_current() {
  [[ -x $PYTHON && -f $VENV/laizhou.stamp && $(cat "$VENV/laizhou.stamp") == "$(python_stamp)" ]]
}

make_venv() {
  if venv_is_current; then return 0; fi
  cure "as root: apt-get install -y python3 python3-venv (Python 3.11 or newer is needed)"
  # Scripts of an environment name its folder: one that was made elsewhere is made again.
  if [[ ! -x $PYTHON ]] || ! "$PYTHON" -c 'import sys' 2>/dev/null || ! grep -qsF "$VENV" "$VENV/bin/activate"; then
    local base
    base=$(find_python)
    [[ -n $base ]] || {
      say "no Python 3.11 or newer with venv found"
      return 1
    }
    rm -rf "$VENV"
    "$base" -m venv "$VENV"
  fi
  cure "is the package index reachable? try: $PYTHON -m pip install -r requirements.txt"
  "$PYTHON" -m pip install --disable-pip-version-check -q "uv==$UV_VERSION" || say "the fast installer is not to be had"
  if ! "$PYTHON" -m uv pip install --python "$PYTHON" --compile-bytecode -r "$ROOT/requirements.txt"; then
    say "taking plain pip"
    "$PYTHON" -m pip install --disable-pip-version-check --compile -r "$ROOT/requirements.txt"
  fi
  python_stamp >"$VENV/laizhou.stamp"
}
