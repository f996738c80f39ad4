"""The options that pip knows in a requirements file, by their long names."""

from __future__ import annotations

__all__ = ["FEATURES", "FLAGS", "PER_REQUIREMENT", "REMOVED", "SHORT", "WITH_VALUE"]

# pip documentation, "Requirements File Format", supported options (pip 26.3).
WITH_VALUE = frozenset(
    {
        "--all-releases",
        "--constraint",
        "--editable",
        "--extra-index-url",
        "--find-links",
        "--index-url",
        "--no-binary",
        "--only-binary",
        "--only-final",
        "--requirement",
        "--trusted-host",
        "--use-feature",
    }
)
FLAGS = frozenset({"--no-index", "--no-require-hashes", "--pre", "--prefer-binary", "--require-hashes"})
PER_REQUIREMENT = frozenset({"--config-settings", "--global-option", "--hash"})
"""They stand behind a requirement; pip before 25.3 knows --global-option, later ones do not."""
SHORT = {
    "C": "--config-settings",
    "c": "--constraint",
    "e": "--editable",
    "f": "--find-links",
    "i": "--index-url",
    "r": "--requirement",
}
FEATURES = frozenset(
    {
        "build-constraint",
        "fast-deps",
        "inprocess-build-deps",
        "no-binary-enable-wheel-cache",
        "truststore",
        "venv-isolation",
    }
)
"""The values of --use-feature."""
REMOVED = {
    "--install-option": "pip 23.1 removed it; use --config-settings.",
    "--no-use-wheel": "pip 10 removed it; use --no-binary.",
    "--process-dependency-links": "pip 19 removed it; write 'name @ URL'.",
    "--use-wheel": "pip 10 removed it; wheels are used anyway.",
    "--allow-external": "pip 8 removed it.",
    "--allow-unverified": "pip 8 removed it.",
    "-Z": "pip removed it.",
    "--always-unzip": "pip removed it.",
}
