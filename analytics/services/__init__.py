"""Writes of analysis."""
