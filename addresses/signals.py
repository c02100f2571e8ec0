"""What places tell the apps above them."""

from django.dispatch import Signal

# Sent inside the transaction that gave addresses another block. Arguments: `block_ids` (set of int, blocks whose
# borders moved; things in them may have to be placed anew), `actor_id`, `now`.
blocks_moved = Signal()
