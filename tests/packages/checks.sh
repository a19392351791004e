# shellcheck shell=bash
# The checks of the install tests; work, packages and the like are those of tests/packages/run.
# shellcheck disable=SC2154

# check TEXT COMMAND...: one line per check; output is shown on failure.
check() {
    local text=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        printf 'ok   %s\n' "$text"
        passed=$((passed + 1))
    else
        printf 'FAIL %s\n' "$text"
        sed 's/^/     /' "$work/output"
        failures=$((failures + 1))
    fi
}

nothing_said() {
    local text
    if text=$("$@" 2>&1) && [[ -z $text ]]; then
        return 0
    fi
    printf '%s\n' "$text"
    return 1
}

# says TEXT COMMAND...: the command succeeds or fails, but says this.
says() {
    local wanted=$1 text
    shift
    text=$("$@" 2>&1) || true
    printf '%s\n' "$text"
    [[ $text == *"$wanted"* ]]
}

same_files() {
    files_of "$1" | diff "$work/before" -
}

# give_packages ROOT: the DEBs, as an operator has them beside the system.
give_packages() {
    mkdir -p "$1/packages/old" "$1/packages/new"
    cp "$packages"/*.deb "$1/packages/old"
    cp "$next"/*.deb "$1/packages/new"
}

# build_consumers ROOT: a C server by pkg-config, a C++ one by CMake, in a root that has the
# development package. They go into $work/SUITE, for roots without compilers.
build_consumers() {
    local build=$1 source=$1/tmp/source
    mkdir -p "$source" "$work/$suite"
    cp -r tests/packages/server.c tests/packages/consumer tests/c/harness "$source"
    # libcrypto and libstdc++ go into the programs: a minimal system has none or another.
    # shellcheck disable=SC2016
    check 'a C server builds with pkg-config' in_root "$build" sh -ec 'cd /tmp/source
        gcc -std=c11 -Wall -Wextra -Werror $(pkg-config --cflags mongodb-aws-auth) -I . \
            -DMAWS_TEST_CA_FILE=\"unused\" -DMAWS_TEST_VERSION=\"unused\" \
            server.c harness/check.c harness/client.c harness/host.c harness/secrets.c harness/sts.c \
            -o server -l:libcrypto.a -lpthread -ldl'
    # shellcheck disable=SC2016
    # shellcheck disable=SC2016
    check 'the example of docs/embedding.md builds, and has the installed plugin at work' says 'is invalid' \
        in_root "$build" sh -ec 'cd /tmp/source
        gcc -std=c11 -Wall -Wextra -Werror $(pkg-config --cflags mongodb-aws-auth) \
            /usr/share/mongodb-aws-auth/examples/host.c -o example -ldl
        ./example "$1" awsPrincipalFormat=FORMAT' sh "$plugin"
    check 'pkg-config names the plugin' says "$plugin" in_root "$build" \
        sh -c 'ls "$(pkg-config --variable=plugin mongodb-aws-auth)"'
    check 'and the version' says "$version" in_root "$build" pkg-config --modversion mongodb-aws-auth
    # shellcheck disable=SC2016
    check 'a C++ server that asks for this version builds with CMake, and the shim with it' \
        in_root "$build" sh -ec 'cd /tmp/source
        cmake -S consumer -B build -DWANTED_VERSION="$1" \
            -DCMAKE_CXX_FLAGS="-Wall -Wextra -Werror -static-libstdc++ -static-libgcc"
        cmake --build build' sh "$version"
    mv "$source/server" "$source/build/consumer" "$work/$suite/" || true
    rm -rf "$source"
}

# use_plugin ROOT PROGRAMS UPGRADE...: loads it and logs in, also while it is replaced.
use_plugin() {
    local where=$1 programs=$2
    shift 2
    mkdir -p "$where/opt/host"
    cp "$programs/server" "$programs/consumer" "$where/opt/host"
    check 'the loader accepts the installed file; no CA bundle is an error by name' \
        says 'no CA bundle of the system' in_root "$where" /opt/host/consumer
    check 'that error names the option' says 'awsStsCAFile' in_root "$where" /opt/host/consumer
    check 'the examples for operations are there' \
        in_root "$where" test -s /usr/share/mongodb-aws-auth/examples/operations/mongod.conf
    mkdir -p "$where/etc/ssl/certs"
    cp tests/c/unused_ca.pem "$where/etc/ssl/certs/ca-certificates.crt"
    check 'with a bundle a plugin is created' says 'created' in_root "$where" /opt/host/consumer
    containers "$where"
    check 'a server logs a user in before, during and after an upgrade' \
        serve_through_upgrade "$where" "$@"
    rm -r "$where/opt/host" "$where/etc/ssl"
}

# with_sts ROOT COMMAND...: a command in the root, beside the STS emulator.
with_sts() {
    MAWS_TEST_STS_REGION=us-east-1 python3 tests/c/with_sts.py target/debug/sts-emulator tests/sts/identities.json "$here/in-root" "$@"
}

# use_tool ROOT: what an operator does with the tool, in a root that has its package alone.
use_tool() {
    local where=$1 session=arn:aws:sts::123456789012:assumed-role/shop-app/i-0abc shell
    check 'the tool has the packages'"'"' version' \
        says "mongodb-aws-auth $version" in_root "$where" mongodb-aws-auth --version
    check 'principal names the user of a session' says \
        arn:aws:iam::123456789012:role/shop-app in_root "$where" mongodb-aws-auth principal "$session"
    # shellcheck disable=SC2016
    check 'whoami asks STS' says 'user: "arn:aws:iam::123456789012:user/alice"' \
        with_sts "$where" sh -c 'AWS_ACCESS_KEY_ID=AKIAALICEEXAMPLE0001 \
            AWS_SECRET_ACCESS_KEY=aliceEXAMPLEsecret+0001/aliceEXAMPLE0001 AWS_EC2_METADATA_DISABLED=true \
            mongodb-aws-auth whoami --sts-endpoint "$MAWS_TEST_STS_ENDPOINT" --ca-file "$MAWS_TEST_STS_CA_FILE"'
    check 'whoami without credentials fails and says so' \
        says 'credentials' in_root "$where" env AWS_EC2_METADATA_DISABLED=true mongodb-aws-auth whoami
    # shellcheck disable=SC2016
    check 'bash completes the options of a command' says --grant in_root "$where" bash -ec '
        source /usr/share/bash-completion/completions/mongodb-aws-auth
        COMP_WORDS=(mongodb-aws-auth whoami --gr) COMP_CWORD=2
        function=$(complete -p mongodb-aws-auth | sed "s/.*-F \([^ ]*\) .*/\1/")
        "$function" mongodb-aws-auth --gr whoami
        printf "%s\n" "${COMPREPLY[@]}"'
    for shell in zsh/*/_mongodb-aws-auth fish/vendor_completions.d/mongodb-aws-auth.fish; do
        check "${shell%%/*} finds its completions" in_root "$where" sh -c "grep whoami /usr/share/$shell"
    done
    check 'every command has a manual page' manual_pages "$where"
}

manual_pages() {
    local command
    for command in '' $(in_root "$1" mongodb-aws-auth --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/-\1/p'); do
        # The help's own is that of --help.
        [[ $command != -help ]] || continue
        zcat "$1/usr/share/man/man1/mongodb-aws-auth$command.1.gz" | grep --quiet "^\.TH mongodb-aws-auth" ||
            return 1
    done
    [[ $command == -* ]]
}

# containers ROOT: the init container of docs/install.md, and a server after it.
containers() {
    local where=$1 copy=/plugin/libmongodb_aws_auth.so.1
    check 'a pod: what the init container copies is loaded by an unnamed user, on read-only roots' \
        says created "$here/container" "$where" 0777 0:0 /opt/host/consumer "$copy"
    check 'also where the volume belongs to an fsGroup' \
        says created "$here/container" "$where" 2777 0:2000 /opt/host/consumer "$copy"
    check 'but not through the volume that all may write to' says 'writable by group or others' \
        env MAWS_WHOLE_VOLUME=1 "$here/container" "$where" 0777 0:0 \
        /opt/host/consumer "${copy/plugin/plugin/lib}"
}

# expect_login TO FROM: asks the running server for a login.
expect_login() {
    local line
    echo login >&"$1"
    read -r -t 60 line <&"$2" && printf '%s\n' "$line" &&
        [[ $line == "logged in as arn:aws:iam::123456789012:user/alice, plugin $version" ]]
}

serve_through_upgrade() {
    local where=$1 from to pid good=true
    shift
    coproc SERVER {
        exec python3 tests/c/with_sts.py target/debug/sts-emulator tests/sts/identities.json \
            "$here/in-root" "$where" /opt/host/server "$plugin" serve 2>&1
    }
    # shellcheck disable=SC2153
    exec {from}<&"${SERVER[0]}" {to}>&"${SERVER[1]}"
    pid=$SERVER_PID
    expect_login "$to" "$from" || good=false
    "$@" || good=false
    # The old file is gone from its place and still mapped; new connections come in.
    expect_login "$to" "$from" || good=false
    exec {to}>&-
    eval "exec ${SERVER[1]}>&-"
    wait "$pid" || good=false
    cat <&"$from"
    exec {from}<&-
    # And a server that starts now gets the new one.
    echo login | python3 tests/c/with_sts.py target/debug/sts-emulator tests/sts/identities.json \
        "$here/in-root" "$where" /opt/host/server "$plugin" serve || good=false
    $good
}
