"""The plain keys at the top of an environment file."""

from __future__ import annotations

import re

from amlpriv.facts.routes import Route
from amlpriv.specs.image_names import IMAGE_HINT, image_complaint
from amlpriv.specs.nodes import YamlMap, YamlScalar, as_map, as_text, refuse_unprintable, to_data
from amlpriv.specs.problems import Problems, did_you_mean, input_error
from amlpriv.specs.sources import parse_via

__all__ = ["VERSION_HINT", "TopFields", "name_complaint", "read_name", "version_complaint"]

# Azure ML "Manage environments": at most 255 characters; the prefixes are those of curated environments.
_NAME = re.compile(r"[A-Za-z0-9._-]{1,255}")
_RESERVED = ("azureml", "microsoft")
_VERSION = re.compile(r"[A-Za-z0-9._+-]+")
_LONGEST = 255
VERSION_HINT = "Use letters, digits, '.', '_', '+' and '-'."
_OS_TYPES = ("linux", "windows")


def name_complaint(name: str) -> str | None:
    """What is wrong with an environment's name, if anything."""
    if not _NAME.fullmatch(name):
        return "it must have 1 to 255 letters, digits, '.', '_' and '-'"
    reserved = next((prefix for prefix in _RESERVED if name.lower().startswith(prefix)), None)
    return "names that begin with AzureML or Microsoft are reserved" if reserved else None


def version_complaint(version: str) -> str | None:
    """What is wrong with an environment's version, if anything: it becomes a part of the service's addresses."""
    if not version.strip():
        return "it is empty"
    if len(version) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    if not _VERSION.fullmatch(version):
        return "it has other characters than letters, digits, '.', '_', '+' and '-'"
    return "it consists of dots" if not version.strip(".") else None


def read_name(root: YamlMap, given: str | None, hint: str) -> str:
    """The name that was given, or else the file's; InputError without either."""
    if given is not None:
        return given
    node = root.get("name")
    if node is None:
        raise input_error("The environment has no name.", root.key_position("name"), hint=hint)
    name = as_text(node, "'name'")
    if complaint := name_complaint(name):
        raise input_error(f"{name!r} cannot be an environment's name: {complaint}.", node.position)
    return name


class TopFields:
    """Reads the plain keys at the top of the file; a mistake is noted and the key counts as absent."""

    def __init__(self, root: YamlMap, problems: Problems) -> None:
        self._root = root
        self._problems = problems

    def name(self, given: str | None) -> str:
        """The environment's name."""
        with self._problems.collected():
            return read_name(self._root, given, "Add a line 'name: ...', or give --name.")
        return ""

    def text(self, key: str) -> str | None:
        """A text as it was written."""
        node = self._root.get(key)
        if node is not None:
            with self._problems.collected():
                return as_text(node, f"{key!r}")
        return None

    def description(self) -> str | None:
        """The description; an empty one is none."""
        node = self._root.get("description")
        if isinstance(node, YamlScalar) and not node.text.strip():
            return None
        return self.text("description")

    def image(self) -> str | None:
        """The base image, by Docker's grammar."""
        image = self.text("image")
        if image is not None and (complaint := image_complaint(image)):
            place = self._root.key_position("image")
            self._problems.add(f"{image!r} is no image: {complaint}.", place, hint=IMAGE_HINT)
        return image

    def version(self) -> str | None:
        """The version as it was written: 1.10 stays 1.10."""
        version = self.text("version")
        if version is not None and (complaint := version_complaint(version)):
            message = f"{version!r} cannot be an environment's version: {complaint}."
            self._problems.add(message, self._root.key_position("version"), hint=VERSION_HINT)
        return version

    def texts(self, key: str) -> dict[str, str]:
        """A mapping of texts as they were written."""
        node, result = self._root.get(key), dict[str, str]()
        if node is not None:
            with self._problems.collected():
                for name, value in as_map(node, f"{key!r}"):
                    if isinstance(value, YamlScalar):
                        refuse_unprintable(name, f"A name in {key!r}")
                        refuse_unprintable(value, f"{name.text!r} in {key!r}")
                        result[name.text] = "" if value.value is None else value.text
                    else:
                        self._problems.add(f"{name.text!r} in {key!r} must be text.", value.position)
        return result

    def mapping(self, key: str) -> dict[str, object] | None:
        """A mapping as plain data."""
        node = self._root.get(key)
        if node is not None:
            with self._problems.collected():
                return {name.text: to_data(value) for name, value in as_map(node, f"{key!r}")}
        return None

    def os_type(self) -> str:
        """``linux`` or ``windows``."""
        text = (self.text("os_type") or "linux").lower()
        if text not in _OS_TYPES:
            place = self._root.key_position("os_type")
            self._problems.add(f"Unknown os_type {text!r}.", place, hint=did_you_mean(text, _OS_TYPES))
        return text

    def via(self) -> Route | None:
        """The route for all wheels."""
        node = self._root.get("via")
        if node is not None:
            with self._problems.collected():
                return parse_via(node)
        return None
