"""``python -m jezero_sites`` is the command ``jezero-sites``."""

from jezero_sites.cli import main

if __name__ == "__main__":
    main()
