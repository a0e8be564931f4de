"""`python -m riemannian_diffusion COMMAND`: signals are watched before anything heavy is there."""

import sys

from common.logger.interrupts import SignalWatch

if __name__ == "__main__":
    watch = SignalWatch()
    watch.install()
    from riemannian_diffusion.run.cli import main

    sys.exit(main(sys.argv[1:], watch))
