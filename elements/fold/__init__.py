"""The fold: claims in, elements out, in sets.

    stage rows ─ attach ─> (source, subject key) and element ─ outcome ─> NEW | CHANGED | UNCHANGED | SUPERSEDED
               ─ plan  ──> one plan row per element that would change (a dry run stops here)
               ─ apply ──> batches: claims, details, addresses, block, map, change rows; each its own transaction

`sql` builds the statements from the kind's fields, so that one implementation serves every kind.
"""
