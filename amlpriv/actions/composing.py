"""What gets registered: the specification with its addresses, and what it remembers about itself."""

from __future__ import annotations

from collections.abc import Callable

from amlpriv.actions.applying import Signed, manifest_path
from amlpriv.actions.asking import Store
from amlpriv.actions.preparing import Prepared
from amlpriv.facts.routes import Route
from amlpriv.plans.steps import DIGEST, LEFT, WHEEL_PREFIX, WHEELS_IN_PROPERTIES, PublishPlan, Wanted
from amlpriv.remote import RegisteredEnvironment
from amlpriv.secret import Secret
from amlpriv.specs.conda import render_conda
from amlpriv.specs.digest import DIGEST_SCHEMA
from amlpriv.workspace.sas import blob_url

__all__ = ["asset_properties", "composer"]


def composer(prepared: Prepared, plan: PublishPlan, store: Store) -> Callable[[Signed], RegisteredEnvironment]:
    """What turns signed URLs into the environment version that gets registered."""

    def compose(signed: Signed) -> RegisteredEnvironment:
        file, wanted = prepared.file, plan.wanted
        given = {name: url.reveal() for name, url in signed.items()}
        if wanted.route is Route.PLAIN:
            given = {item.wheel.name: blob_url(store.find(), item.path) for item in wanted.wheels}
        urls = {name: f"{url}#sha256={prepared.wheels[name].sha256}" for name, url in given.items()}
        urls |= {item.wheel.name: item.pinned for item in wanted.direct}
        unlisted = [f"{name} @ {urls[name]}" for name in urls if not prepared.needed[name].listed]
        text = render_conda(prepared.conda, urls=urls, extra_pip=unlisted) if file.conda is not None else None
        return RegisteredEnvironment(
            name=wanted.name,
            version=plan.version,
            id="",
            image=prepared.image,
            conda=Secret(text) if text is not None else None,
            properties=asset_properties(wanted, store.find().name if wanted.wheels else None),
            tags=dict(file.tags),
            description=file.description,
        )

    return compose


def asset_properties(wanted: Wanted, datastore: str | None) -> dict[str, str]:
    """What the environment version remembers about itself: the digest, and up to 20 wheels with their hashes."""
    properties = {DIGEST: wanted.digest, "amlpriv.schema": DIGEST_SCHEMA, "amlpriv.route": wanted.route.value}
    properties |= {f"amlpriv.{heading}": value for heading, value in wanted.summary.items()}
    if datastore is not None:
        properties["amlpriv.datastore"] = datastore
    if wanted.index is not None:
        properties["amlpriv.index"] = wanted.index
    for item in wanted.wheels[:WHEELS_IN_PROPERTIES]:
        wheel = item.wheel
        properties[f"{WHEEL_PREFIX}{wheel.name}"] = (
            f"version={wheel.version} sha256={wheel.sha256} content={wheel.content_hash} size={wheel.size}"
            f" {item.origin_fields}".rstrip()
        )
    if wanted.direct:
        properties[LEFT] = " ".join(left.wheel.name for left in wanted.direct)
    for left in wanted.direct[: WHEELS_IN_PROPERTIES - len(wanted.wheels[:WHEELS_IN_PROPERTIES])]:
        wheel = left.wheel
        properties[f"{WHEEL_PREFIX}{wheel.name}"] = (
            f"version={wheel.version} sha256={wheel.sha256} content={wheel.content_hash} url={left.url}"
        )
    if len(wanted.wheels) > WHEELS_IN_PROPERTIES:
        properties["amlpriv.manifest"] = manifest_path(wanted)
    return properties
