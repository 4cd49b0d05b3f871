"""Watches introspectd while it is under attack: whether its health is served, and what it holds."""

import http.client
import json
import os
import pathlib
import re
import threading
import time

import measure
from servers import ADMIN_TOKEN

HEALTH_EVERY_S = 0.02
HOLDINGS_EVERY_S = 0.5
PAGE = os.sysconf("SC_PAGE_SIZE")


def status_of(server):
    """GET /v1/status."""
    connection = http.client.HTTPConnection(server.admin_url.split("/")[2], timeout=10)
    connection.request("GET", "/v1/status", headers={"Authorization": f"Bearer {ADMIN_TOKEN}"})
    status = json.loads(connection.getresponse().read())
    connection.close()
    return status


def holdings(server):
    """What it holds at this moment, in bytes and in numbers."""
    by_kind = status_of(server)["bytes"]
    sockets = pathlib.Path("/proc/net/sockstat").read_text()
    return {"resident": measure.resident_bytes(server),
            "connections": by_kind["connections"], "verdicts": by_kind["verdicts"],
            "sockets": int(re.search(r"TCP:.* mem (\d+)", sockets)[1]) * PAGE,
            "descriptors": len(os.listdir(f"/proc/{server.pid}/fd"))}


class Watch:
    """Watches from its `with` to the end of that block; then `result()`."""

    def __init__(self, server):
        self.server = server
        self.over = threading.Event()
        self.latencies_s, self.failures, self.seen = [], [], []
        self.thread = threading.Thread(target=self.work)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def work(self):
        address = self.server.admin_url.split("/")[2]
        connection = http.client.HTTPConnection(address, timeout=10)
        next_look = 0
        while not self.over.wait(HEALTH_EVERY_S):
            for path in ("/healthz", "/readyz"):
                self.ask(connection, path)
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + HOLDINGS_EVERY_S
                self.seen.append(holdings(self.server))
        connection.close()

    def ask(self, connection, path):
        began = time.monotonic()
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                self.failures.append(f"{path}: {answer.status}")
        except OSError as error:
            self.failures.append(f"{path}: {error}")
            connection.close()
        self.latencies_s.append(time.monotonic() - began)

    def result(self):
        in_order = sorted(self.latencies_s)
        return {"asked": len(in_order), "failures": self.failures,
                "p99_ms": in_order[len(in_order) * 99 // 100] * 1000,
                "max_ms": in_order[-1] * 1000,
                "highest": {what: max(look[what] for look in self.seen) for what in self.seen[0]}}
