"""Bytes at random, led by what they reach, against everything that takes bytes from strangers.

Each target takes bytes and raises AssertionError where something that must hold does not. They need nothing but the
project: the suite replays `tests/corpus` through them. Only `fuzz.run` needs atheris. Not installed.
"""
