"""The words every stage speaks: frozen dataclasses, and nothing that reads or writes.

Stages import from here and never from each other.
"""
