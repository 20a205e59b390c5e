"""A complete study becomes a result: queued once for each set of instances, screened in a child, kept whole."""
