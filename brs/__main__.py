"""The commands of Best Response Shaping: `python -m brs COMMAND`."""

import sys

from brs.run.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
