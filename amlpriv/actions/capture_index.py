"""Which packages the default index does not have: one request for each name that looks private."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from packaging.utils import canonicalize_name

from amlpriv.default_index import default_index
from amlpriv.errors import AmlprivError, NotFoundError
from amlpriv.indexes.answers import Login
from amlpriv.indexes.client import IndexClient

__all__ = ["not_on_index"]


def not_on_index(names: Collection[str], environ: Mapping[str, str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The names (normalised) that the user's default index does not have, and what kept us from asking."""
    missing, notes = set(), []
    if not names:
        return frozenset(), ()
    index = default_index(environ)
    login = Login(index.url, index.credentials)
    with IndexClient(environ) as client:
        for name in sorted(names):
            try:
                client.project(login, name)
            except NotFoundError:
                missing.add(str(canonicalize_name(name)))
            except AmlprivError as error:
                notes.append(f"{name}: the default index could not be asked ({error.message})")
    return frozenset(missing), tuple(notes)
