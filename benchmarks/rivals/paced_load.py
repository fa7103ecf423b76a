"""Sends so many requests a second, however long the answers take, and says how long each took.

    python paced_load.py REQUESTS.json ADDRESS RATE SECONDS CONNECTIONS

wrk sends a request when the one before is answered, and so fewer to a server that is slow. Here a request counts from
the moment it is due, the wait for a free connection included. SIGTERM ends it early; then too it prints its report.
"""

import asyncio
import itertools
import json
import signal
import sys
import time
from collections import Counter
from urllib.parse import urlsplit

import httptools
import uvloop


class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.parser, self.answered = transport, httptools.HttpResponseParser(self), None

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_message_complete(self):
        answered, self.answered = self.answered, None
        if not self.parser.should_keep_alive():
            self.transport.close()
        answered.set_result(self.parser.get_status_code())

    def connection_lost(self, error):
        if self.answered:
            self.answered.set_exception(error or ConnectionResetError())

    async def ask(self, request):
        """The status."""
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.answered


class Load:
    def __init__(self, requests, host, port, connections):
        self.requests, self.host, self.port = itertools.cycle(requests), host, port
        self.free, self.room = [], asyncio.Semaphore(connections)
        self.latencies, self.refused, self.broken, self.running = [], Counter(), 0, set()

    async def pace(self, rate, ended):
        began = time.perf_counter()
        for number in itertools.count(1):
            wait = began + number / rate - time.perf_counter()
            if (wait > 0 and await waited(ended, wait)) or ended.is_set():
                break
            task = asyncio.create_task(self.one(next(self.requests)))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        answers, seconds = len(self.latencies), time.perf_counter() - began
        await asyncio.gather(*self.running)
        return {"answers": answers, "seconds": seconds, "refused": self.refused, "broken": self.broken}

    async def one(self, request):
        due = time.perf_counter()
        async with self.room:
            try:
                status = await self.ask(request)
            except OSError:
                self.broken += 1
            else:
                self.latencies.append((time.perf_counter() - due) * 1000)
                if status >= 400:
                    self.refused[status] += 1

    async def ask(self, request):
        while self.free:
            connection = self.free.pop()
            if not connection.transport.is_closing():
                break
        else:
            _, connection = await asyncio.get_running_loop().create_connection(Connection, self.host, self.port)
        status = await connection.ask(request)
        self.free.append(connection)
        return status


async def waited(ended, seconds):
    """Whether it was ended meanwhile."""
    try:
        await asyncio.wait_for(ended.wait(), seconds)
    except TimeoutError:
        return False
    return True


def encoded(request, host):
    body = request["body"].encode()
    headers = {"Host": host, **request["headers"], **({"Content-Length": len(body)} if body else {})}
    lines = [f"{request['method']} {request['path']} HTTP/1.1", *(f"{name}: {headers[name]}" for name in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def main(file, address, rate, seconds, connections):
    place = urlsplit(address)
    with open(file, encoding="utf-8") as opened:
        requests = [encoded(request, place.netloc) for request in json.load(opened)]
    load, ended, loop = (
        Load(requests, place.hostname, place.port, connections),
        asyncio.Event(),
        asyncio.get_event_loop(),
    )
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.call_later(seconds, ended.set)
    print("ready", flush=True)
    report = await load.pace(rate, ended)
    print(json.dumps(report | {"latencies": [round(each, 3) for each in load.latencies]}))


if __name__ == "__main__":
    file, address, rate, seconds, connections = sys.argv[1:]
    uvloop.run(main(file, address, float(rate), float(seconds), int(connections)))
