"""After all other tests: no log, at any level, holds a secret of a client."""

import pytest
from harness.emulator import Emulator
from harness.identities import SHOP_APP
from harness.reason import Reason
from harness.running import Processes, StartLogin
from harness.secrets import Secrets
from harness.server import Server, parsed
from harness.wire import REFUSAL

pytestmark = pytest.mark.last


def logs(processes: Processes) -> list[tuple[str, str]]:
    servers = [process for process in processes.all if isinstance(process, Server)]
    return [(f"{s.name} {s.pid}", line) for s in servers for line in s.diagnostics()]


def test_no_log_holds_a_secret(
    server: Server,
    processes: Processes,
    secrets: Secrets,
    sts: Emulator,
    start_login: StartLogin,
) -> None:
    # Whatever ran before, one login succeeds and one is refused, with a token both times.
    mark = server.mark()
    assert start_login(server).run(SHOP_APP) != REFUSAL
    assert start_login(server).run(SHOP_APP.with_token("EXAMPLEotherToken000001")) == REFUSAL
    server.login(after=mark, outcome="refused")
    secrets.add_requests(sts.requests())
    lines = logs(processes)
    # First that there was something to find, and that it would have been found.
    assert secrets.findable()
    assert any(SHOP_APP.access_key_id in line for _, line in lines)
    assert any('"level":"debug"' in line for _, line in lines)
    for secret in secrets.findable():
        assert secret in secrets.found_in(f"...{secret}...")

    leaks = [(name, line) for name, line in lines if secrets.found_in(line)]
    assert leaks == []


def test_every_kind_of_refusal_was_in_the_logs(
    processes: Processes, request: pytest.FixtureRequest
) -> None:
    """So none is missing above, and the list of reasons says nothing that is not tested."""
    arguments = request.config.invocation_params.args
    if any(argument.startswith("-k") or ".py" in argument for argument in map(str, arguments)):
        pytest.skip("only a part of the tests was run")
    logged = {parsed(line).get("reason") for _, line in logs(processes)}
    assert [reason.name for reason in Reason if reason not in logged] == []
