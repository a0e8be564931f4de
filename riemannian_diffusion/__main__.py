"""Runs the commands of Riemannian Diffusion Models: `python -m riemannian_diffusion COMMAND`."""

import sys

from riemannian_diffusion.run.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
