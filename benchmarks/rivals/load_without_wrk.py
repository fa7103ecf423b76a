"""What wrk does, for machines without it: slower, since it is Python, and so only comparable with itself."""

import asyncio
import itertools
import json
import sys
import time

import aiohttp


async def main(file, address, connections, seconds):
    with open(file, encoding="utf-8") as opened:
        requests = itertools.cycle(json.load(opened))
    counts = {"answers": 0, "refused": 0, "broken": 0}
    began = time.monotonic()

    async def client(session):
        while time.monotonic() - began < seconds:
            request = next(requests)
            try:
                async with session.request(
                    request["method"],
                    address + request["path"],
                    headers=request["headers"],
                    data=request["body"] or None,
                ) as answer:
                    await answer.read()
            except aiohttp.ClientError:
                counts["broken"] += 1
            else:
                counts["answers"] += 1
                counts["refused"] += answer.status >= 400

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(client(session) for _ in range(connections)))
    spent = round((time.monotonic() - began) * 1_000_000)
    print(f"answers {counts['answers']} microseconds {spent} refused {counts['refused']} broken {counts['broken']}")


file, address, connections, seconds = sys.argv[1:]
asyncio.run(main(file, address, int(connections), float(seconds)))
