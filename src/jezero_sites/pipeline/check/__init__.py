"""Our terrain layers against gdaldem."""
