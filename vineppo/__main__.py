"""`python -m vineppo COMMAND`; see `run/cli.py`."""

import sys

from vineppo.run.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
