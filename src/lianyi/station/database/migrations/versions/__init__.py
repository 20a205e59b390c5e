"""The steps, in the order of their numbers; one that was shipped is never changed."""
