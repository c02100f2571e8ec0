"""The API of tags, rules, grades and alerts."""
