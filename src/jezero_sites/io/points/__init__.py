"""Places as rows: samples read from files, the built-in catalogue, and the site table written and read."""
