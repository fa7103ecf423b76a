"""The feeds as server-sent events, as the HTML standard describes them.

`response.py` makes a `Listener` of a request that was judged as every other one is. Two kinds of server tell it what
happens. An asynchronous one reads the feed once for all its listeners: `broadcast.py`, in `server.py`. A WSGI server
gives each a thread of its own, so there are few: `waiting.py`.
"""
