"""The run directory: written whole or not at all, read back, and never over what is not a run."""
