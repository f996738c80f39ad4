"""Sign-in: the three endpoints of Microsoft Entra that azure-identity and msal ask, and the cloud's metadata.

There is one application, any client id is it, and its secret is public: tokens are unsigned and open nothing but the
local workspace.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl

from amlpriv.local.credential import LIFETIME, unsigned_token
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.http import Json, Request, Response, json_response
from amlpriv.local.plane.names import CLIENT_SECRET, STORAGE_SUFFIX
from amlpriv.local.plane.routing import Access, Call, Route

__all__ = ["ROUTES", "is_sign_in"]

_LOGIN_HOST = "login.microsoftonline.com"


def is_sign_in(request: Request) -> bool:
    """Whether a request belongs to sign-in and not to the control plane."""
    path = request.path.lower()
    return (
        request.host.lower().partition(":")[0] == _LOGIN_HOST
        or path.endswith(("/oauth2/v2.0/token", "/.well-known/openid-configuration"))
        or path == "/common/discovery/instance"
    )


def _configuration(context: Context, call: Call) -> Response:
    if not _knows(context, call):
        return _no_tenant(call)
    return json_response(_endpoints(call.request.base, context.tenant))


def _endpoints(base: str, tenant: str) -> Json:
    return {
        "token_endpoint": f"{base}/{tenant}/oauth2/v2.0/token",
        "authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/{tenant}/oauth2/v2.0/devicecode",
        "issuer": f"{base}/{tenant}/v2.0",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }


def _discovery(context: Context, call: Call) -> Response:
    host = call.request.host
    return json_response(
        {
            "tenant_discovery_endpoint": f"{call.request.base}/{context.tenant}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }
    )


def _token(context: Context, call: Call) -> Response:
    if not _knows(context, call):
        return _no_tenant(call)
    form = dict(parse_qsl(call.request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if form.get("grant_type") != "client_credentials":
        return _refuse(400, "unsupported_grant_type", "AADSTS70003: only client_credentials is supported here.")
    if not form.get("scope", "").strip():
        return _refuse(400, "invalid_request", "AADSTS900144: The request body must contain the parameter: 'scope'.")
    if not hmac.compare_digest(form.get("client_secret", "").encode(), CLIENT_SECRET.encode()):
        hint = "Ensure the secret being sent in the request is the client secret value, not the client secret ID."
        return _refuse(401, "invalid_client", f"AADSTS7000215: Invalid client secret provided. {hint}")
    token = unsigned_token(context.tenant, form["scope"].split()[0], int(context.now().timestamp()))
    body = {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token}
    return json_response(body, headers={"Cache-Control": "no-store"})


def _metadata(_context: Context, call: Call) -> Response:
    base = call.request.base
    login = {"loginEndpoint": base, "audiences": [base], "tenant": "common", "identityProvider": "AAD"}
    cloud = {"name": "AmlprivLocal", "portal": base, "resourceManager": base, "authentication": login}
    return json_response([{**cloud, "suffixes": {"storage": STORAGE_SUFFIX}}])


def _knows(context: Context, call: Call) -> bool:
    return call["tenant"].lower() == context.tenant.lower()


def _no_tenant(call: Call) -> Response:
    text = f"AADSTS90002: Tenant '{call['tenant']}' not found. Check to make sure you have the correct tenant ID."
    return _refuse(400, "invalid_tenant", text)


def _refuse(status: int, error: str, description: str) -> Response:
    code = description.partition(":")[0].removeprefix("AADSTS")
    return json_response({"error": error, "error_description": description, "error_codes": [int(code)]}, status)


ROUTES = (
    Route("GET", "/common/discovery/instance", _discovery, Access.OPEN),
    Route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", _configuration, Access.OPEN),
    Route("POST", "/{tenant}/oauth2/v2.0/token", _token, Access.OPEN),
    Route("GET", "/metadata/endpoints", _metadata, Access.OPEN),
)
