"""A project's wheel built for Linux in a container, with docker, podman or buildah."""
