"""Runs a command beside the STS emulator: with_sts.py EMULATOR IDENTITIES COMMAND [ARGUMENT...]

The command finds in its environment where the emulator is:
MAWS_TEST_STS_ENDPOINT, MAWS_TEST_STS_CONTROL_PORT and MAWS_TEST_STS_CA_FILE.
MAWS_TEST_STS_REGION, if set, is the region that the emulator has under its address.
"""

import os
import re
import subprocess
import sys
import tempfile

READY = re.compile(r"listening on 127\.0\.0\.1:(\d+) control 127\.0\.0\.1:(\d+)")


def main():
    emulator, identities, *command = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="maws-sts-") as folder:
        ca_file = os.path.join(folder, "ca.pem")
        arguments = ["--port", "0", "--control-port", "0", "--identities", identities]
        if region := os.environ.get("MAWS_TEST_STS_REGION"):
            arguments += ["--region", region]
        # The emulator ends with its standard input, so none is left behind if this is killed.
        process = subprocess.Popen(
            [emulator, *arguments, "--ca-out", ca_file, "--exit-with-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            line = process.stdout.readline()
            ready = READY.match(line)
            if ready is None:
                sys.exit(f"the STS emulator did not start: {line!r}")
            environment = dict(
                os.environ,
                MAWS_TEST_STS_ENDPOINT=f"https://127.0.0.1:{ready[1]}",
                MAWS_TEST_STS_CONTROL_PORT=ready[2],
                MAWS_TEST_STS_CA_FILE=ca_file,
            )
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            process.stdin.close()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
