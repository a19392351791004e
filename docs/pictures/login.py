"""A login as a sequence of messages."""

from svg import Picture

TITLE = "A login by MONGODB-AWS, step by step"
DESCRIPTION = (
    "The client asks for MONGODB-AWS, gets a nonce and the STS host from the server, and signs a "
    "GetCallerIdentity request with its AWS credentials. The server's plugin sends the signed "
    "request to STS, which returns the ARN. The server looks up the ARN's user name in $external."
)
PARTIES = ("Client", "Server", "Plugin (in server)", "AWS STS")
CLIENT, SERVER, PLUGIN, STS = range(len(PARTIES))
# From, to, words above the arrow. Where both are one: a step of its own, with its words beside it.
STEPS: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (CLIENT, SERVER, ("saslStart:", "client nonce")),
    (SERVER, PLUGIN, ("begin, step",)),
    (PLUGIN, SERVER, ("server nonce,", "STS host")),
    (SERVER, CLIENT, ("server nonce, STS host",)),
    (
        CLIENT,
        CLIENT,
        ("signs a GetCallerIdentity request over", "nonce and host, with its AWS credentials"),
    ),
    (CLIENT, SERVER, ("saslContinue:", "signature, no secret key")),
    (SERVER, PLUGIN, ("step",)),
    (PLUGIN, STS, ("POST GetCallerIdentity,", "signed by the client")),
    (STS, PLUGIN, ("ARN, account, user id",)),
    (PLUGIN, PLUGIN, ("maps the ARN to a user name:", "a session to its role")),
    (PLUGIN, SERVER, ("user name",)),
    (SERVER, SERVER, ("looks up the user in $external",)),
    (SERVER, CLIENT, ("logged in,", "or a generic error")),
)
FIRST, APART = 100, 200
TOP, LINE, GAP = 104, 17, 22


def draw() -> str:
    height = TOP + sum(len(words) * LINE + GAP for _, _, words in STEPS) + 40
    picture = Picture(TITLE, DESCRIPTION, height)
    for number, name in enumerate(PARTIES):
        x = FIRST + number * APART
        picture.line("grid", x, 82, x, height - 24)
        picture.box("box", x - 84, 50, 168, 34, 6)
        picture.text(x, 72, name, "bold middle")
    y = TOP
    for source, target, words in STEPS:
        x1, x2 = FIRST + source * APART, FIRST + target * APART
        for number, line in enumerate(words):
            across = x1 + 16 if source == target else (x1 + x2) / 2
            kind = "over" if source == target else "over middle"
            picture.text(across, y + 12 + number * LINE, line, kind)
        y += len(words) * LINE
        if source == target:
            picture.box("dot", x1 - 5, y - len(words) * LINE / 2 - 5, 10, 10, 5)
        else:
            inset = 3 if x2 > x1 else -3
            kind = "other" if STS in (source, target) else "main"
            picture.arrow(kind, [(x1 + inset, y + 4), (x2 - inset, y + 4)])
        y += GAP
    return picture.document()
