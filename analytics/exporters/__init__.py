"""Files that analysis gives out."""
