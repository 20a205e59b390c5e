"""``python -m lianyi`` is the same as ``lianyi``."""

from lianyi.cli import main

main()
