"""The command line: ``lianyi``.

One module a command.  Nothing heavy is imported before the command that needs it runs, so that
``lianyi info`` answers within a second.
"""

from lianyi.cli.app import main

__all__ = ["main"]
