"""The asynchronous process with shorter times, so that tests need not wait."""

from factcheck.asgi import application  # noqa: F401  what uvicorn serves
from factcheck.journal.stream import broadcast, server

broadcast.HEARTBEAT = 1
broadcast.PATIENCE = server.PATIENCE = 2
