from factcheck.outgoing import NotAsked, Why

N_ = str  # marks a text for `manage.py translations`
# Why a server is not asked → the error's code and words.
WORDS = {
    Why.NO_ADDRESS: ("invalid", N_("This is not an address of a page. Copy it from the browser.")),
    Why.SCHEME: ("invalid", N_("Give an address that begins with http:// or https://.")),
    Why.CREDENTIALS: ("invalid", N_("Leave the user name and the password out of the address.")),
    Why.PORT: ("forbidden", N_("Port %(port)d is not asked. Pages are fetched from ports 80 and 443 only.")),
    Why.NO_SERVER: ("unreachable", N_("There is no server called %(host)s. Check the address, or paste the text.")),
    Why.NOT_PUBLIC: (
        "forbidden",
        N_("%(host)s is in a network that is not public, so it is not asked. Paste the text."),
    ),
}


class NotFetched(Exception):
    """Why. `text` has places for the `values`, as `%` fills them: whoever shows it translates it before."""

    def __init__(self, code: str, text: str, **values: object):
        super().__init__(text % values)
        self.code, self.text, self.values = code, text, values

    @classmethod
    def because(cls, error: NotAsked) -> "NotFetched":
        code, text = WORDS[error.why]
        return cls(code, text, **error.values)
