"""Texts of events, without Django."""
