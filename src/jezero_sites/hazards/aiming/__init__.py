"""The chance to land safely when aiming at a cell: dispersion, landing probability, divert."""
