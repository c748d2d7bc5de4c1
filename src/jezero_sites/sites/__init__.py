"""Candidate lander sites: where they are, what was measured there, what they are worth."""

from jezero_sites.sites.access import nearest_sample
from jezero_sites.sites.candidates import is_apart, peaks, preference
from jezero_sites.sites.cost_distance import cost_distance
from jezero_sites.sites.disc import Disc, disc_around
from jezero_sites.sites.safe_radius import safe_radius_m
from jezero_sites.sites.score import binding, rank_order, value, weighted_mean

__all__ = [
    "Disc",
    "binding",
    "cost_distance",
    "disc_around",
    "is_apart",
    "nearest_sample",
    "peaks",
    "preference",
    "rank_order",
    "safe_radius_m",
    "value",
    "weighted_mean",
]
