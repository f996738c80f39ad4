"""Where clients come in: the control plane's ports and the proxies, the usual ones and those of isolated clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amlpriv.local.certificates import Certificates
from amlpriv.local.proxy import Proxy, Routes
from amlpriv.local.requests import RequestLog
from amlpriv.local.state import Ports
from amlpriv.local.upstreams import Way

if TYPE_CHECKING:
    from amlpriv.local.plane.app import Plane
    from amlpriv.local.plane.server import Server

__all__ = ["Doors", "open_doors"]


@dataclass(frozen=True, slots=True)
class Doors:
    """Two servers of one control plane, and a proxy before each."""

    server: Server
    proxy: Proxy
    isolated_server: Server
    """What comes here is known to be from a client that may reach nothing else."""
    isolated_proxy: Proxy

    @property
    def parts(self) -> Mapping[str, Callable[[], bool]]:
        """Which parts there are, and whether they are alive."""
        servers, proxies = (self.server, self.isolated_server), (self.proxy, self.isolated_proxy)
        return {
            "control plane": lambda: all(one.is_alive for one in servers),
            "proxy": lambda: all(one.is_alive for one in proxies),
        }

    def ports(self, storage: int) -> Ports:
        """Where they are, and the storage with them."""
        return Ports(storage, self.server.port, self.proxy.port, self.isolated_proxy.port)

    def set_storage_port(self, port: int) -> None:
        """New connections to the storage account lead to this port."""
        for proxy in (self.proxy, self.isolated_proxy):
            proxy.set_storage_port(port)

    def set_way(self, way: Way) -> None:
        """New connections to foreign hosts go this way; isolated clients have none."""
        self.proxy.set_upstream(way.upstream, way.problem)

    def close(self) -> None:
        """Let nobody in any more."""
        for proxy in (self.proxy, self.isolated_proxy):
            proxy.close()
        for server in (self.server, self.isolated_server):
            server.close()


def open_doors(
    plane: Plane,
    certificates: Certificates,
    log: RequestLog,
    *,
    account: str,
    start_id: str,
    way: Way,
    last: Ports,
    stop: Callable[[], None],
) -> Doors:
    """Listen. The proxies and the control plane are where they were the ``last`` time, if they can: a shell that knows
    them goes on, and addresses of feeds stay good."""
    from amlpriv.local.plane.server import serve

    def listen(*, isolated: bool, port: int = 0) -> Server:
        certificate, key = certificates.certificate, certificates.key
        try:
            return serve(plane, certificate, key, log, port=port, isolated=isolated)
        except (OSError, OverflowError):
            if not port:
                raise
            return serve(plane, certificate, key, log, isolated=isolated)

    server, isolated = listen(isolated=False, port=last.plane), listen(isolated=True)
    usual = Routes(account, 0, server.port, way.upstream, way.problem)
    return Doors(
        server,
        Proxy(usual, start_id=start_id, stop=stop, port=last.proxy),
        isolated,
        Proxy(Routes(account, 0, isolated.port), start_id=start_id, isolated=True, port=last.isolated),
    )
