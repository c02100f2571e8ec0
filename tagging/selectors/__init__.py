"""Reads of tags, rules, grades and alerts for pages and APIs."""
