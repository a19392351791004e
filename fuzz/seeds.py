"""Writes the seeds of the fuzz targets: seeds.py FOLDER

Small inputs from which libFuzzer starts, in a folder for each target; scripts/fuzz writes them for
each run.
"""

import shutil
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

HEADERS = "content-length;content-type;host;x-amz-date;x-mongodb-gs2-cb-flag;x-mongodb-server-nonce"
TOKEN_HEADERS = HEADERS.replace("x-amz-date;", "x-amz-date;x-amz-security-token;")
DATE = "20261123T120000Z"
ACCOUNT = "123456789012"


def element(kind: int, key: str, value: bytes) -> bytes:
    return bytes([kind]) + key.encode() + b"\0" + value


def document(*elements: bytes) -> bytes:
    body = b"".join(elements)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def string(text: str) -> bytes:
    return struct.pack("<i", len(text.encode()) + 1) + text.encode() + b"\0"


def binary(content: bytes, subtype: int = 0) -> bytes:
    return struct.pack("<iB", len(content), subtype) + content


def int32(number: int) -> bytes:
    return struct.pack("<i", number)


def authorization(region: str, headers: str, key: str = "AKIDEXAMPLE") -> str:
    scope = f"{key}/{DATE[:8]}/{region}/sts/aws4_request"
    signature = "0123456789abcdef" * 4
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={headers}, Signature={signature}"


def bson_seeds() -> dict[str, bytes]:
    """One document of every type of element, and each type alone."""
    values = [
        element(0x01, "double", struct.pack("<d", 1.5)),
        element(0x02, "string", string("text")),
        element(0x03, "document", document(element(0x10, "a", int32(1)))),
        element(0x04, "array", document(element(0x10, "0", int32(1)))),
        element(0x05, "binary", binary(b"\1\2\3")),
        element(0x05, "old", binary(struct.pack("<i", 2) + b"\1\2", subtype=2)),
        element(0x06, "undefined", b""),
        element(0x07, "id", bytes(12)),
        element(0x08, "boolean", b"\1"),
        element(0x09, "date", bytes(8)),
        element(0x0A, "null", b""),
        element(0x0B, "expression", b"a\0i\0"),
        element(0x0C, "pointer", string("a") + bytes(12)),
        element(0x0D, "code", string("a")),
        element(0x0E, "symbol", string("a")),
        element(0x0F, "scope", scoped_code()),
        element(0x10, "int", int32(-1)),
        element(0x11, "timestamp", bytes(8)),
        element(0x12, "long", bytes(8)),
        element(0x13, "decimal", bytes(16)),
        element(0x7F, "most", b""),
        element(0xFF, "least", b""),
    ]
    seeds = {"all-types": document(*values), "empty": document()}
    seeds |= {f"type-{value[0]:02x}-{i}": document(value) for i, value in enumerate(values)}
    nested = document()
    for _ in range(16):
        nested = document(element(0x03, "", nested))
    return seeds | {"nested": nested}


def scoped_code() -> bytes:
    content = string("a") + document()
    return struct.pack("<i", len(content) + 4) + content


def client_first_seeds() -> dict[str, bytes]:
    nonce = element(0x05, "r", binary(bytes(range(32))))
    flag = element(0x10, "p", int32(110))
    return {
        "r-p": document(nonce, flag),
        "p-r": document(flag, nonce),
        "further-field": document(nonce, flag, element(0x0A, "x", b"")),
        "other-flag": document(nonce, element(0x10, "p", int32(121))),
        "short-nonce": document(element(0x05, "r", binary(bytes(31))), flag),
        "nonce-twice": document(nonce, nonce, flag),
    }


def client_second_seeds() -> dict[str, bytes]:
    plain = authorization("us-east-1", HEADERS)
    signed = authorization("us-east-1", TOKEN_HEADERS)
    a, d = element(0x02, "a", string(plain)), element(0x02, "d", string(DATE))
    return {
        "a-d": document(a, d),
        "a-d-t": document(
            element(0x02, "a", string(signed)), d, element(0x02, "t", string("FwoGZXIvYXdzEXAMPLE"))
        ),
        "lines": f"{plain}\n{DATE}".encode(),
        "lines-with-token": f"{signed}\n{DATE}\nFwoGZXIvYXdzEXAMPLE".encode(),
        "empty-token": f"{signed}\n{DATE}\n".encode(),
    }


def authorization_seeds() -> dict[str, bytes]:
    values = {
        "plain": "n" + authorization("eu-central-1", HEADERS),
        "token": "t" + authorization("eu-central-1", TOKEN_HEADERS),
        "other-region": "n" + authorization("us-east-1", HEADERS),
        "token-not-signed": "t" + authorization("eu-central-1", HEADERS),
        "nonce-not-signed": "n"
        + authorization("eu-central-1", HEADERS.replace(";x-mongodb-server-nonce", "")),
        "further-field": "n" + authorization("eu-central-1", HEADERS) + ", Signature=0",
        "underscore": "n" + authorization("eu-central-1", HEADERS, key="A_1"),
    }
    return {name: value.encode() for name, value in values.items()}


def date_seeds() -> dict[str, bytes]:
    dates = [DATE, "20240229T235959Z", "20230229T000000Z", "19000228T000000Z", "00000301T000000Z"]
    return {date: date.encode() for date in dates}


def arn_seeds() -> dict[str, bytes]:
    resources = {
        "user": f"arn:aws:iam::{ACCOUNT}:user/alice",
        "user-under-path": f"arn:aws-cn:iam::{ACCOUNT}:user/division:x/team/jane@example.org",
        "role": f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/shop-app/i-0123456789abcdef0",
        "role-star": f"arn:aws:sts::{ACCOUNT}:assumed-role/shop-app/*",
        "instance": f"arn:aws:sts::{ACCOUNT}:assumed-role/aws:ec2-instance/i-1",
        "federated": f"arn:aws:sts::{ACCOUNT}:federated-user/carol",
        "root": f"arn:aws:iam::{ACCOUNT}:root",
        "iam-role": f"arn:aws:iam::{ACCOUNT}:role/shop-app",
    }
    seeds = {name: text.encode() for name, text in resources.items()}
    return seeds | {
        "user-and-role": f"{resources['user']}\n{resources['role']}".encode(),
        "two-sessions": f"{resources['role']}\n{resources['role'][:-1]}1".encode(),
    }


def caller_json(result: str, more: str = "") -> str:
    inner = f'{{"GetCallerIdentityResult":{result}{more}}}'
    return f'{{"GetCallerIdentityResponse":{inner}}}'


def json_seeds() -> dict[str, bytes]:
    arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
    result = f'{{"Arn":"{arn}","UserId":"AIDA","Account":"{ACCOUNT}"}}'
    escaped = f'{{"\\u0041rn":"{arn}","UserId":"\\"\\\\\\u00e9","Account":"{ACCOUNT}"}}'
    error = '{"Error":{"Code":"SignatureDoesNotMatch","Message":"Signature expired: 1",'
    error += '"Type":"Sender"}'
    texts = {
        "caller": caller_json(result, ',"ResponseMetadata":{"RequestId":"01234567-89ab"}'),
        "no-metadata": caller_json(result),
        "null-metadata": caller_json(result, ',"ResponseMetadata":null'),
        "escaped": caller_json(escaped),
        "arrays": f'[[["{arn}","{ACCOUNT}","AIDA"],["r-1"]]]',
        "error": error + ',"RequestId":"r-1"}',
        "error-further": error + ',"x":[1e9,true,null,{"y":"\\ud83d\\ude00"}]}',
    }
    return {name: text.encode() for name, text in texts.items()}


def xml_seeds() -> dict[str, bytes]:
    result = f"<Arn>arn:aws:iam::{ACCOUNT}:user/alice</Arn><UserId>AIDA</UserId>"
    result += f"<Account>{ACCOUNT}</Account>"
    root = "GetCallerIdentityResponse"
    inner = f"<GetCallerIdentityResult>{result}</GetCallerIdentityResult>"
    metadata = "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>"
    namespace = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
    spaced = inner.replace("><", ">\n  <")
    texts = {
        "caller": f"<{root} {namespace}>{inner}{metadata}</{root}>",
        "declared": f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n {spaced}\n</{root}>\n',
        "entities": "<a><b>&lt;&gt;&amp;&quot;&apos;</b><c>&amp;lt;</c></a>",
        "error": f"<ErrorResponse {namespace}><Error><Type>Sender</Type><Code>ExpiredToken</Code>"
        "<Message>m</Message></Error><RequestId>r-1</RequestId></ErrorResponse>",
        "empty": "<a></a>",
        "comment": "<a><!-- b --></a>",
        "cdata": "<a><![CDATA[b]]></a>",
        "reference": "<a>&#65;</a>",
        "doctype": "<!DOCTYPE a><a></a>",
    }
    return {name: text.encode() for name, text in texts.items()}


def option_seeds() -> dict[str, bytes]:
    sets = {
        "regional": ["awsStsHost=sts.eu-central-1.amazonaws.com"],
        "custom": ["awsStsHost=sts.example.org", "awsStsAllowCustomHost=true"],
        "custom-region": [
            "awsStsHost=sts.example.org",
            "awsStsAllowCustomHost=true",
            "awsStsRegion=eu-central-1",
        ],
        "endpoint": [
            "awsStsHost=sts.eu-central-1.amazonaws.com",
            "awsStsEndpoint=https://vpce-1.sts.eu-central-1.vpce.amazonaws.com:8443/",
        ],
        "dual-stack": ["awsStsHost=sts-fips.us-iso-east-1.api.aws.ic.gov"],
        "proxy": ["awsStsProxy=http://proxy.example:3128"],
        "proxy-v6": ["awsStsProxy=[::1]:8080"],
        "proxy-credentials": ["awsStsProxy=HTTPS://user:p%40ss@proxy/"],
        "proxy-socks": ["awsStsProxy=socks5://proxy:1080"],
        "endpoint-v6": ["awsStsEndpoint=https://[::1]:8443"],
        "endpoint-v4": ["awsStsEndpoint=https://127.0.0.1"],
        "times": [
            "awsStsTimeoutMs=500",
            "awsStsConnectTimeoutMs=100",
            "awsConversationTimeoutMs=1000",
        ],
        "sizes": ["awsStsWorkers=1", "awsStsQueueLimit=1", "awsMaxConversations=1"],
        "identities": [
            f"awsAllowedPrincipals=arn:aws:iam::{ACCOUNT}:user/* arn:aws:iam::{ACCOUNT}:role/a",
            f"awsAllowedAccounts={ACCOUNT}  210987654321",
            "awsAllowedPartitions=aws aws-cn",
        ],
        "patterns": [
            f"awsAllowedPrincipals=arn:aws:iam::{ACCOUNT}:root arn:aws-us-g*",
            "awsAllowedAccounts=",
        ],
        "sessions": [
            f"awsAllowedPrincipals=arn:aws:sts::{ACCOUNT}:assumed-role/app/*",
            "awsPrincipalFormat=stsWildcard",
        ],
        "switches": ["awsRequireTLS=true", "awsAllowRoot=true", "awsAllowFederated=true"],
        "wildcard": ["awsPrincipalFormat=stsWildcard", "awsStsCAFile=/etc/ca.pem"],
        "unknown": ["awsStsPort=1"],
    }
    return {name: "\n".join(lines).encode() for name, lines in sets.items()}


def transport_seeds() -> dict[str, bytes]:
    """Four bytes are the plan of targets/transport.rs: its mode, the sizes of records and of
    writes, and how much is withheld. Then comes the response."""
    stays_open, orderly, abrupt, late_surplus, reused = 0, 1, 2, 4, 8
    ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    result = f'{{"Arn":"arn:aws:iam::{ACCOUNT}:user/alice","UserId":"A","Account":"{ACCOUNT}"}}'
    body = caller_json(result)
    length = f"Content-Length: {len(body)}\r\n"
    whole = f"{ok}{length}\r\n{body}"
    chunks = f"5\r\n{body[:5]}\r\n{len(body) - 5:x};a=b\r\n{body[5:]}\r\n0\r\n"
    chunked = f"{ok}Transfer-Encoding: chunked\r\n\r\n{chunks}"
    close = f"{ok}Connection: close\r\n"
    error = '{"Error":{"Code":"ExpiredToken","Message":"m"}}'
    refused = f"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n\r\n{error}"
    xml = "Content-Type: text/xml\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\n<a></a>"
    seeds = {
        "length": (stays_open, whole),
        "chunked": (stays_open, f"{chunked}\r\n"),
        "trailer": (stays_open, f"{chunked}A: b\r\n\r\n"),
        "no-last-line": (orderly, chunked),
        "until-end": (orderly, f"{close}\r\n{body}"),
        "until-cut": (abrupt, f"{close}\r\n{body}"),
        "error-until-end": (orderly, refused),
        "whole-then-cut": (abrupt, whole),
        "short": (orderly, whole[:-1]),
        "silent": (stays_open, whole[:-1]),
        "interim": (stays_open, f"HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n{whole}"),
        "two": (stays_open, whole * 2),
        "two-over-an-idle-connection": (reused, whole * 2),
        "second-is-late": (late_surplus, whole * 2),
        "second-is-late-and-short": (reused | late_surplus, f"{whole}HTTP/1.1 200 OK\r\n"),
        "second-after-close": (stays_open, f"{close}{length}\r\n{body}{whole}"),
        "no-body": (stays_open, "HTTP/1.1 204 \r\nConnection: keep-alive, close\r\n\r\n"),
        "encoded": (orderly, f"HTTP/1.1 200 OK\r\n{xml}"),
        "two-lengths": (stays_open, f"{ok}{length}{length}\r\n{body}"),
        "two-lengths-in-one": (stays_open, f"{ok}Content-Length: 5, 5\r\n\r\n{body}"),
        "length-and-chunks": (
            stays_open,
            f"{ok}Transfer-Encoding: chunked\r\n{length}\r\n{chunks}\r\n",
        ),
        "other-coding": (orderly, f"{ok}Transfer-Encoding: gzip\r\n\r\n{body}"),
        "old-version": (orderly, whole.replace("HTTP/1.1", "HTTP/1.0")),
        "old-version-chunked": (orderly, f"{chunked}\r\n".replace("HTTP/1.1", "HTTP/1.0")),
        "bare-line-feeds": (stays_open, whole.replace("\r\n", "\n")),
    }
    cuts = {"": b"\0\0\0", "-in-records": b"\x20\0\0", "-in-writes": b"\x40\x07\0"}
    plans = {
        name + suffix: bytes([mode]) + cut + text.encode()
        for name, (mode, text) in seeds.items()
        for suffix, cut in cuts.items()
    }
    withheld = bytes([stays_open]) + b"\0\0\5" + whole.encode()
    half_a_record = bytes([late_surplus]) + b"\0\0\5" + (whole * 2).encode()
    return plans | {"withheld": withheld, "half-a-record-is-late": half_a_record}


@dataclass
class Calls:
    """Calls of the target `interface`, as the crate `arbitrary` reads them.

    Values stand at the front; lengths of texts at the back, the first one last. One byte is enough
    for a length as long as all is shorter than 256 bytes.
    """

    front: bytearray = field(default_factory=bytearray)
    lengths: bytearray = field(default_factory=bytearray)

    # The order is that of `enum Call` and `enum Handle` in targets/interface.rs.
    NAMES = (
        *("create", "destroy", "set_options", "get_option", "set_log_level", "stats"),
        *("stats_json", "option_at", "begin", "first", "second", "step", "poll", "cancel"),
        *("info", "end"),
    )
    HANDLES = 3

    def call(self, name: str, *values: bytes) -> "Calls":
        self.front += b"\1" + variant(self.NAMES.index(name), len(self.NAMES))
        self.front += b"".join(values)
        return self

    def text(self, text: str) -> bytes:
        self.lengths.insert(0, len(text))
        return text.encode()

    def create(self) -> "Calls":
        return self.call("create", self.text(""), self.text(""), b"\0")

    def begin(self) -> "Calls":
        database, flags, budget = b"\0", bytes(4), bytes(4)
        return self.call("begin", FIRST_HANDLE, database, self.text(""), flags, budget)

    def seed(self) -> bytes:
        return bytes(self.front) + b"\0" + bytes(self.lengths)


def variant(index: int, count: int) -> bytes:
    return struct.pack("<I", -(-index * 2**32 // count))


FIRST_HANDLE = variant(0, Calls.HANDLES) + b"\0"


def interface_seeds() -> dict[str, bytes]:
    login = Calls().create().begin().call("first", FIRST_HANDLE).call("second", FIRST_HANDLE)
    login = login.call("poll", FIRST_HANDLE, b"\5").call("info", FIRST_HANDLE, b"\xff")
    login = login.call("end", FIRST_HANDLE).call("destroy", FIRST_HANDLE)
    cancelled = Calls().create().begin().call("first", FIRST_HANDLE).call("second", FIRST_HANDLE)
    cancelled = cancelled.call("cancel", FIRST_HANDLE).call("destroy", FIRST_HANDLE)
    garbage = Calls().create().begin()
    garbage = garbage.call("step", FIRST_HANDLE, garbage.text("payload"), b"\x40")
    reports = Calls().create().call("stats", FIRST_HANDLE, b"\x90")
    reports = reports.call("stats_json", FIRST_HANDLE, b"\0\x20").call("option_at", bytes(4))
    reports = reports.call("set_log_level", FIRST_HANDLE, bytes(4))
    options = Calls().create()
    options = options.call(
        "set_options", FIRST_HANDLE, options.text("awsStsTimeoutMs"), options.text("500")
    )
    options = options.call("get_option", FIRST_HANDLE, options.text("awsStsTimeoutMs"), b"\x10")
    return {
        "login": login.seed(),
        "cancelled": cancelled.seed(),
        "garbage": garbage.seed(),
        "reports": reports.seed(),
        "options": options.seed(),
    }


def tool_seeds() -> dict[str, bytes]:
    """Each kind of input once; the kinds are those of the target, in their order."""
    configuration, environment, _, address, region, users, line, arn = range(8)
    texts = {
        "configuration": (
            configuration,
            "net:\n  tls: {mode: requireTLS}\nsetParameter:\n  awsStsHost: sts.amazonaws.com\n",
        ),
        "expansion": (configuration, "setParameter:\n  awsStsProxy: {__exec: pass}\n"),
        "environment": (environment, 'export https_proxy="http://proxy:3128"\nno_proxy=a,b\n'),
        "address": (address, "https://[::1]:8443/"),
        "region": (region, "eu-centrall-1"),
        "users": (users, '[{"user":"arn:aws:iam::123456789012:user/alice","db":"$external"}]'),
        "line": (
            line,
            '{"id":3911601,"attr":{"principal":"arn:aws:iam::123456789012:user/alice"}}',
        ),
        "clock": (
            line,
            "Signature expired: 20261123T120000Z is now earlier than 20261123T120000Z"
            " (20261123T121500Z - 15 min.)",
        ),
        "code": (line, "error code: 391"),
        "numbers": (line, "MAWS_E_DENIED (-21), 301 302"),
        "no-user": (
            line,
            '{"c":"ACCESS","id":5286307,"attr":{"error":"UserNotFound: Could not find user'
            ' \\"arn:aws:iam::123456789012:user/alice\\" for db \\"$external\\""}}',
        ),
        "arn": (arn, "arn:aws:sts::123456789012:assumed-role/shop-app/i-0abc"),
        "path": (arn, "arn:aws:iam::123456789012:role/team/shop-app"),
    }
    return {
        name: struct.pack("<I", kind << 29) + text.encode() for name, (kind, text) in texts.items()
    }


SEEDS = {
    "bson": bson_seeds,
    "client_first": client_first_seeds,
    "client_second": client_second_seeds,
    "authorization": authorization_seeds,
    "amz_date": date_seeds,
    "arn": arn_seeds,
    "sts_json": json_seeds,
    "sts_xml": xml_seeds,
    "transport": transport_seeds,
    "options": option_seeds,
    "interface": interface_seeds,
    "tool": tool_seeds,
}


def main() -> None:
    for target, seeds in SEEDS.items():
        folder = Path(sys.argv[1]) / target
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in seeds().items():
            (folder / name).write_bytes(content)


if __name__ == "__main__":
    main()
