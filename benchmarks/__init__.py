"""Scripts that make the bundled samples and measure the package; not part of the package."""
