"""What stands where, and who connects to whom."""

from svg import Picture

TITLE = "A deployment: who connects to whom"
DESCRIPTION = (
    "Clients with AWS credentials connect over TLS, port 27017, to mongos or mongod, each with the "
    "plugin. The servers connect over HTTPS, port 443, to AWS STS: directly, by a VPC endpoint, or "
    "by a proxy. Clients need no route to STS for the login, and servers no AWS credentials."
)


def draw() -> str:
    picture = Picture(TITLE, DESCRIPTION, 430)
    clients, servers, ways, sts = 24, 244, 480, 666

    picture.lines(clients, 66, ["Clients"], "bold")
    for number, (name, source) in enumerate(
        (
            ("EC2 instance", "instance profile"),
            ("EKS pod", "web identity"),
            ("Lambda function", "execution role"),
            ("people, mongosh", "IAM Identity Center"),
        )
    ):
        y = 80 + number * 66
        picture.box("box", clients, y, 152, 54, 6)
        picture.text(clients + 12, y + 22, name)
        picture.text(clients + 12, y + 42, source, "soft")

    picture.text(servers, 66, "Database hosts", "bold")
    picture.path("other", [(servers + 178, 92), (servers + 178, 316)])
    for y, name, what in (
        (92, "mongos", "of a sharded cluster"),
        (212, "mongod", "of a replica set"),
    ):
        picture.box("box", servers, y, 170, 104, 6)
        picture.text(servers + 14, y + 24, name)
        picture.text(servers + 14, y + 43, what, "soft")
        picture.box("plugin", servers + 14, y + 58, 142, 32, 4)
        picture.text(servers + 85, y + 79, "plugin", "middle")

    picture.text(ways, 66, "Way to STS: one of", "bold")
    for y, name, option in (
        (80, "directly", "awsStsHost"),
        (164, "VPC endpoint", "awsStsEndpoint"),
        (248, "HTTP proxy", "awsStsProxy"),
    ):
        picture.box("zone", ways, y, 136, 64, 6)
        picture.text(ways + 12, y + 27, name)
        picture.text(ways + 12, y + 48, option, "soft")

    picture.text(sts, 66, "AWS", "bold")
    picture.box("box", sts, 148, 112, 96, 6)
    picture.text(sts + 56, 188, "STS", "bold middle")
    picture.text(sts + 56, 210, "of the region", "soft middle")

    for y, end in ((107, 130), (173, 158), (239, 250), (305, 278)):
        picture.arrow("main", [(clients + 154, y), (servers - 4, end)])
    for y in (112, 196, 280):
        picture.arrow("other", [(servers + 180, 204), (ways - 4, y)])
        picture.arrow("other", [(ways + 138, y), (sts - 4, 196 + (y - 196) / 4)])

    picture.path("main", [(24, 368), (54, 368)])
    picture.text(
        62,
        373,
        "TLS, port 27017: MONGODB-AWS beside SCRAM. The AWS secret key stays with the client.",
        "soft",
    )
    picture.path("other", [(24, 394), (54, 394)])
    picture.text(
        62,
        399,
        "HTTPS, port 443: the request that the client signed. Servers have no AWS credentials.",
        "soft",
    )
    return picture.document()
