"""Slope of a DEM at many baselines: what landing-site teams deliver."""
