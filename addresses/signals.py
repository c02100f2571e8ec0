"""What places tell the apps above them."""

from django.dispatch import Signal

# Sent inside the transaction that gave addresses another block. Arguments: `block_ids` (set of int, blocks whose
# borders moved; things in them may have to be placed anew), `actor_id`, `now`.
blocks_moved = Signal()

# Sent inside the transaction that gave address texts another result (a decision, its undo, a new resolving). Arguments:
# `text_ids` (list of int, whose carriers may have to be placed anew), `actor_id`, `now`.
texts_changed = Signal()
