"""Writes of tags, rules, grades and alerts."""
