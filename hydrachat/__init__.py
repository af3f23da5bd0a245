"""Hydrachat: a chat cluster that keeps talking when a head is cut off."""

__version__ = "0.1.0"
