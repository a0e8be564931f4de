"""`python -m vineppo COMMAND`: signals are watched from before anything heavy is imported."""

import sys

from common.logger.interrupts import SignalWatch

if __name__ == "__main__":
    watch = SignalWatch()
    watch.install()
    from vineppo.run.cli import main

    sys.exit(main(sys.argv[1:], watch))
