"""A light load generator: many clients in one loop, each with one connection and one request under way.

``python -m benchmarks.load PORT TOKEN CLIENTS SECONDS`` posts facts, each of which consumes from two lots of its client and makes
one, and prints facts a second and the times of the answers as JSON. Bytes are built by hand: what it takes from the processors is
taken from the server.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

BODY = (
    '{{"kind":"transform","happened_at":"2026-06-01T00:00:00Z","moves":['
    '{{"item":"BENCH-IN","lot":"BENCH-A{client}","quantity":"1","source":"SITE","target":"PROCESS"}},'
    '{{"item":"BENCH-IN","lot":"BENCH-B{client}","quantity":"1","source":"SITE","target":"PROCESS"}},'
    '{{"item":"BENCH-OUT","lot":"BENCH-{run}-{client}-{number}","quantity":"1","source":"PROCESS","target":"SITE"}}],'
    '"station":"LINE-1","operator":"bench","order":"ORDER-{client}"}}'
)
HEAD = (
    "POST /api/v1/facts HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    "Idempotency-Key: {run}-{client}-{number}\r\nContent-Length: {length}\r\n\r\n"
)
WARM_SECONDS = 1.0


@dataclass(slots=True)
class Client:
    """One connection. ``taken`` are the milliseconds of each answer after the warm-up."""

    number: int
    connection: socket.socket
    sent: int = 0
    asked_at: float = 0.0
    answer: bytes = b""
    taken: list[float] = field(default_factory=list)

    def ask(self, run: str, token: str) -> None:
        """Send the next fact."""
        body = BODY.format(client=self.number, number=self.sent, run=run)
        head = HEAD.format(token=token, client=self.number, number=self.sent, run=run, length=len(body))
        self.sent += 1
        self.answer = b""
        self.asked_at = time.perf_counter()
        self.connection.sendall((head + body).encode())

    def hear(self) -> bool:
        """Take in what came; whether the answer is whole. Anything but 201 is a mistake of the bench."""
        part = self.connection.recv(65536)
        self.answer += part
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not part or (found and not head.startswith(b"HTTP/1.1 201")):
            raise RuntimeError(self.answer.decode(errors="replace"))
        if not found:
            return False
        lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        return len(body) >= lengths[0] if lengths else body.endswith(b"0\r\n\r\n")  # the end of an answer in chunks


def main() -> None:
    """Warm up, measure, print."""
    port, token, clients, seconds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    run = f"{time.time_ns():x}"
    waiting = selectors.DefaultSelector()
    crew = [Client(number, socket.create_connection(("127.0.0.1", port))) for number in range(clients)]
    for client in crew:
        waiting.register(client.connection, selectors.EVENT_READ, client)
        client.ask(run, token)
    begins = time.perf_counter() + min(WARM_SECONDS, seconds)
    ends = begins + seconds
    while (now := time.perf_counter()) < ends:
        for key, _events in waiting.select(timeout=1):
            client = key.data
            if client.hear():
                if now >= begins:
                    client.taken.append((time.perf_counter() - client.asked_at) * 1e3)
                client.ask(run, token)
    times = sorted(taken for client in crew for taken in client.taken)
    if not times:
        raise RuntimeError("no answer in time")
    print(json.dumps({"rate": len(times) / seconds, "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}))


if __name__ == "__main__":
    main()
