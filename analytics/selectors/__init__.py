"""Reads of analysis."""
