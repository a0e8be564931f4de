"""`python -m advantage_alignment COMMAND`: signals are watched from before the heavy imports."""

import sys

from common.logger.interrupts import SignalWatch

if __name__ == "__main__":
    watch = SignalWatch()
    watch.install()
    from advantage_alignment.run.cli import main

    sys.exit(main(sys.argv[1:], watch))
