# shellcheck shell=bash
# The steps of set-up that need Django: tables, texts, static files, reference data.

manage() { (cd "$ROOT" && if is_root; then umask 0002; fi && "$PYTHON" manage.py "$@"); }

migrate_tables() {
  cure "read the message above; after a change of branch, a database ahead of the code is put back by the newer code's bin/manage migrate APP NUMBER"
  manage migrate --no-input
}

# Only when a text is newer than its compiled form: the second run must be quick.
texts_are_current() {
  local source
  for source in "$ROOT"/locale/*/LC_MESSAGES/*.po; do
    [[ ! -f $source || ${source%.po}.mo -nt $source ]] || return 1
  done
}
compile_texts() {
  cure "the line named above in locale/*/LC_MESSAGES/django.po is wrong"
  if texts_are_current; then return 0; fi
  manage compilemessages --ignore .venv --ignore node_modules
}

# Names, sizes and times of all static files, and the list of packages that bring some.
static_stamp() {
  {
    find "$ROOT/static" "$ROOT"/*/static -type f -printf '%p %s %T@\n' 2>/dev/null | sort
    python_stamp
    sha256sum <"$ROOT/laizhou/settings.py"
  } | sha256sum
}

collect_static() {
  cure "a stylesheet or script names a file that is not there: see the message above"
  local stamp
  stamp=$(static_stamp)
  [[ ! -d $ROOT/staticfiles || $(cat "$RUN_DIR/static.stamp" 2>/dev/null) != "$stamp" ]] || return 0
  manage collectstatic --no-input --clear -v 1
  printf '%s\n' "$stamp" >"$RUN_DIR/static.stamp"
}

load_reference() {
  cure "read the message above; the files of reference data belong to the checkout: git status"
  manage load_reference
  manage load_inspection_plans
  manage load_tags
  manage load_reports
  manage load_schemes
}

set_up() {
  prepare
  step "tables (migrate)" migrate_tables
  step "texts (compilemessages)" compile_texts
  step "static files" collect_static
  step "reference data" load_reference
}
