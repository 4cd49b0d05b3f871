"""Slow clients, thousands of them: some send a head a byte at a time, some a body, some ask and never
read. Whoever is thrown out comes back at once, until a line comes on standard input; then it waits
until the server has closed them all.

Prints "holding" when all are connected for the first time, and at its end JSON: of each kind how
many were opened, and how old those were that the server closed. They come from 127.0.0.2 and on."""

import argparse
import collections
import heapq
import itertools
import json
import select
import socket
import statistics
import sys
import time

KINDS = ("heads", "bodies", "readers")
PER_ADDRESS = 1_800
OPENED_TOGETHER = 50
END_S_MAX = 60
# What the far end of a network path would announce; loopback's own lets a server's kernel hold
# megabytes for each of them.
SEGMENT_BYTES = 1400
BYTES_AHEAD = 512 * 1024  # what a reader asks for before it only waits


class Client:
    """One connection of a kind; `number` says from which address."""

    def __init__(self, kind, number, address, request):
        self.kind, self.number = kind, number
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        # An attacker's own memory is not the server's trouble, but here it is the same kernel's.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        if kind == "readers":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        self.socket.bind((f"127.0.0.{2 + number // PER_ADDRESS}", 0))
        self.socket.connect(address)
        self.socket.setblocking(False)
        self.opened_at = time.monotonic()
        head, _, body = request.partition(b"\r\n\r\n")
        if kind == "heads":
            self.rest = iter(head[20:])
            self.send(head[:20])
        elif kind == "bodies":
            self.rest = iter(body[:-1])
            self.send(head + b"\r\n\r\n")
        else:
            self.rest = memoryview(request * (BYTES_AHEAD // len(request)))

    def send(self, some):
        try:
            return self.socket.send(some)
        except BlockingIOError:
            return 0
        except OSError:
            return None  # the poll will say so

    def go_on(self):
        if self.kind == "readers":
            self.rest = self.rest[self.send(self.rest) or 0:]
        else:
            byte = next(self.rest, None)
            if byte is not None:
                self.send(bytes((byte,)))

    def is_over(self):
        """After an event: whether the server closed it."""
        try:
            while self.kind != "readers" and self.socket.recv(4096):
                pass
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True


class Crowd:
    def __init__(self, arguments):
        self.arguments = arguments
        self.address = ("127.0.0.1", arguments.port)
        self.request = open(arguments.request, "rb").read()
        self.poll = select.epoll()
        self.poll.register(sys.stdin, select.EPOLLIN)
        self.open = {}  # by descriptor
        self.due = []  # when, descriptor, client
        self.order = itertools.count()
        self.ages_s = collections.defaultdict(list)
        self.opened, self.refused = collections.Counter(), 0
        self.wanted = collections.deque()  # kind, number
        counts = {kind: getattr(arguments, kind) for kind in KINDS}
        # Kinds alternate, so that each is spread over the addresses.
        ranks = sorted((rank / counts[kind], kind) for kind in KINDS for rank in range(counts[kind]))
        self.wanted.extend((kind, number) for number, (_, kind) in enumerate(ranks))
        self.begun_at, self.opened_sum = time.monotonic(), 0

    def admit(self):
        """Opens those that are wanted, at the rate that was asked for."""
        now = time.monotonic()
        allowance = int((now - self.begun_at) * self.arguments.rate) - self.opened_sum
        for _ in range(min(allowance, OPENED_TOGETHER, len(self.wanted))):
            kind, number = self.wanted.popleft()
            self.opened_sum += 1
            try:
                client = Client(kind, number, self.address, self.request)
            except OSError:
                self.refused += 1
                self.wanted.append((kind, number))
                continue
            self.opened[kind] += 1
            self.open[client.socket.fileno()] = client
            flags = select.EPOLLRDHUP if kind == "readers" else select.EPOLLIN
            self.poll.register(client.socket, flags)
            self.postpone(client, 0 if kind == "readers" else self.arguments.every)
        if not self.wanted:  # what was not needed is not saved up
            self.begun_at, self.opened_sum = now, 0

    def postpone(self, client, seconds):
        heapq.heappush(self.due, (time.monotonic() + seconds, next(self.order), client))

    def send_due(self):
        while self.due and self.due[0][0] <= time.monotonic():
            client = heapq.heappop(self.due)[2]
            if client.socket.fileno() >= 0:
                client.go_on()
                self.postpone(client, self.arguments.every)

    def look(self, again):
        """Takes note of those that were closed; false when a line has come."""
        for descriptor, _ in self.poll.poll(0.01):
            if descriptor == sys.stdin.fileno():
                self.poll.unregister(sys.stdin)
                return False
            client = self.open[descriptor]
            if not client.is_over():
                continue
            self.ages_s[client.kind].append(time.monotonic() - client.opened_at)
            del self.open[descriptor]
            client.socket.close()
            if again:
                self.wanted.append((client.kind, client.number))
        return True

    def hold(self):
        holding = False
        while self.look(again=True):
            self.admit()
            self.send_due()
            if not holding and not self.wanted:
                holding = True
                print("holding", flush=True)

    def leave(self):
        end = time.monotonic() + END_S_MAX
        while self.open and time.monotonic() < end:
            self.look(again=False)
            self.send_due()

    def report(self):
        kinds = {kind: {"opened": self.opened[kind], "closed": len(ages),
                        "median_s": statistics.median(ages), "latest_s": max(ages)}
                 for kind, ages in self.ages_s.items()}
        return {"kinds": kinds, "refused": self.refused, "left_open": len(self.open)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--request", required=True, help="a file with a whole request")
    for kind in KINDS:
        parser.add_argument(f"--{kind}", type=int, default=0, help="how many of them")
    parser.add_argument("--every", type=float, default=5, help="seconds between two bytes")
    parser.add_argument("--rate", type=int, default=2_000, help="connections opened a second")
    crowd = Crowd(parser.parse_args())
    crowd.hold()
    crowd.leave()
    print(json.dumps(crowd.report()), flush=True)


if __name__ == "__main__":
    main()
