"""Pages of tags, rules, grades and alerts."""
