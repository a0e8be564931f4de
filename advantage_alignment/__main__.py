"""The commands of Advantage Alignment: `python -m advantage_alignment COMMAND`."""

import sys

from advantage_alignment.run.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
