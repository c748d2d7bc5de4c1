"""The stages of an assessment, each a page: ground, stance, rocks, touchdown, aiming, and what the DEM can bear."""
