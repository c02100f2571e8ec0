"""What ours is measured against, set up as its own documentation says."""
