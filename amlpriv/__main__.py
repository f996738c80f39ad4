"""``python -m amlpriv``."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    from amlpriv.cli.main import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
