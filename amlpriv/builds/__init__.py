"""Around the build of a project folder: what it depends on, the wheels that were built before, why it failed."""
