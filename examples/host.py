"""The smallest complete host in Python: what examples/host.c is in C.

    python3 host.py PLUGIN [OPTION=VALUE]...

Payloads of the client come as hexadecimal lines on standard input, those for the client go out
likewise on standard output, then "verified USER" or "refused".
"""

import ctypes as c
import sys

DONE, CONTINUE, PENDING, BEGIN_TLS = 0, 1, 2, 1


def struct(*members):
    fields = [(name, kind) for kind, names in members for name in names.split()]
    return type("Struct", (c.Structure,), {"_fields_": fields})


# The structs of mongodb_aws_auth.h, as far as they are needed: the plugin touches nothing beyond
# the size that a struct has in its first member.
Handle = struct((c.c_uint64, "id"))
Str = struct((c.c_char_p, "ptr"), (c.c_size_t, "len"))
Bytes = struct((c.c_void_p, "ptr"), (c.c_size_t, "len"))
Option = struct((Str, "key value"))
Host = struct(
    (c.c_int32, "size minor"), (c.c_void_p, "ctx log conv_ready"), (c.c_int32, "level reserved")
)
Error = struct((c.c_int32, "size status reason"), (c.c_char * 500, "message"))
Begin = struct(
    (c.c_int32, "size flags budget_ms reserved"),
    (c.c_uint64, "conv_ctx log_id"),
    (Str, "database client_addr"),
)
Step = struct((c.c_int32, "size reserved"), (Bytes, "reply"))
Info = struct(
    (c.c_int32, "size status reason kind"),
    (Str, "principal raw_arn account user_id session_name access_key_id"),
    (Str, "sts_host sts_request_id sts_error_code detail"),
    (c.c_uint64, "queue_us connect_us sts_us total_us"),
)
Api = struct(
    (c.c_int32, "size minor"),
    (c.c_char_p, "name version mechanism tls"),
    (c.c_void_p, "option_at create destroy set_options get_option set_log_level stats stats_json"),
    (c.c_void_p, "begin step poll cancel info end"),
)


def text(chars):
    return Str(chars.encode(), len(chars.encode()))


def main(path, *settings):
    host, error, begin, step, info = (T(c.sizeof(T)) for T in (Host, Error, Begin, Step, Info))
    plugin, conversation = Handle(), Handle()
    entry = c.CDLL(path).maws_plugin_entry_v1
    entry.restype = c.c_void_p
    api = Api.from_address(entry(0, c.byref(error)) or sys.exit(error.message))

    def call(name, *arguments):
        return c.CFUNCTYPE(c.c_int32)(getattr(api, name))(*arguments)

    pairs = [setting.partition("=") for setting in settings]
    options = (Option * len(pairs))(*(Option(text(key), text(value)) for key, _, value in pairs))
    if call(
        "create", c.byref(host), options, c.c_size_t(len(pairs)), c.byref(plugin), c.byref(error)
    ):
        sys.exit(error.message.decode())
    begin.flags, begin.database = BEGIN_TLS, text("$external")
    if call("begin", plugin, c.byref(begin), c.byref(conversation), c.byref(error)):
        sys.exit(error.message.decode())
    status = CONTINUE
    while status == CONTINUE:
        payload = bytes.fromhex(sys.stdin.readline())
        status = call("step", conversation, payload, c.c_size_t(len(payload)), c.byref(step))
        while status == PENDING:  # another thread's cancel ends this wait
            status = call("poll", conversation, 100, c.byref(step))
        if status == CONTINUE:
            print(c.string_at(step.reply.ptr, step.reply.len).hex(), flush=True)
    call("info", conversation, c.byref(info))
    if status == DONE:
        print("verified", info.principal.ptr.decode())  # the user to look up in $external
    else:
        print("refused")  # the reason is for the log alone
        print(f"reason {info.reason}: {info.detail.ptr.decode()}", file=sys.stderr)
    call("end", conversation)
    call("destroy", plugin, 5000)
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) != DONE)
