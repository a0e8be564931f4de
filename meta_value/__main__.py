"""The commands of Meta-Value Learning: `python -m meta_value COMMAND`."""

import sys

from meta_value.run.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
