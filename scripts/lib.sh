# shellcheck shell=bash
# Common parts of the scripts: messages, system packages, the Python environment, builds.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv
assume_yes=false
missing=()

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 2
}

# quietly LOG WHAT COMMAND...: says what it does, shows a dot every few seconds, in lines of 60, and how
# long it took; the output goes to the file LOG, and is shown on failure.
quietly() {
    local log=$1 what=$2 began=$SECONDS code=0 dots
    shift 2
    mkdir -p "$(dirname "$log")"
    printf '%s\n ' "$what"
    # It is no child of the command, and ends with the script at the latest.
    (
        count=0
        while sleep 5 && kill -0 $$ 2>/dev/null; do
            printf '.'
            ((++count % 60)) || printf '\n '
        done
    ) &
    dots=$!
    "$@" >"$log" 2>&1 </dev/null || code=$?
    kill "$dots" 2>/dev/null || true
    wait "$dots" 2>/dev/null || true
    if ((code)); then
        printf ' failed after %d s\n' $((SECONDS - began))
        cat "$log" >&2
        return "$code"
    fi
    printf ' done in %d s\n' $((SECONDS - began))
}

# need PACKAGE COMMAND...: notes the Debian package as missing unless the command succeeds.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

need_program() {
    need "$1" command -v "${2:-$1}"
}

# What every build needs.
need_build_packages() {
    need_program gcc
    need_program g++
    need_program cmake
    need_program ninja-build ninja
    need_program pkg-config
    need libbson-dev pkg-config --exists libbson-1.0
    need libssl-dev pkg-config --exists openssl
    need_program python3
    # Debian's python3 comes without it.
    need python3-venv python3 -c 'import ensurepip, venv'
}

can_sanitize_threads() {
    clang -fsanitize=thread -x c -o /dev/null - <<<'int main(void) { return 0; }'
}

# What a build with the C and C++ tests needs, and those tests.
need_test_build_packages() {
    need_build_packages
    need_program clang
    need libclang-rt-14-dev can_sanitize_threads
    need_program openssl
    need_program binutils nm
    need_program abigail-tools abidiff
}

# Rust as new as Cargo.toml asks for; distributions often have an older one.
need_rust() {
    local wanted have
    wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$root/Cargo.toml")
    if ! command -v cargo >/dev/null || ! have=$(rustc --version 2>/dev/null); then
        die "Rust is missing: install it with rustup (rustc $wanted or newer)"
    fi
    have=$(cut -d ' ' -f 2 <<<"$have")
    printf '%s\n' "$wanted" "$have" | sort --version-sort --check=quiet ||
        die "rustc $have is too old: $wanted or newer is needed; install it with rustup"
}

# Installs what need() has found missing, or says how and stops.
install_missing() {
    need_rust
    ((${#missing[@]})) || return 0
    local install=(apt-get install --yes --no-install-recommends "${missing[@]}")
    local sudo=()
    ((EUID == 0)) || sudo=(sudo)
    if ((EUID != 0)) && ! $assume_yes; then
        say "Some system packages are missing. Install them, or let --yes do it:" >&2
        say "    sudo ${install[*]}" >&2
        exit 2
    fi
    say "Installing system packages: ${sudo[*]}${sudo:+ }${install[*]}"
    local output
    # Lists that cannot be brought up to date may still be good enough.
    output=$("${sudo[@]}" apt-get update 2>&1) || say "$output" >&2
    output=$("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" 2>&1 </dev/null) || {
        say "$output" >&2
        die "the packages could not be installed"
    }
    # Debian starts them as services on all addresses; they are wanted as programs only.
    local package service
    for package in nginx-light prometheus; do
        service=${package%-light}
        if [[ " ${missing[*]} " == *" $package "* && -d /run/systemd/system ]]; then
            "${sudo[@]}" systemctl --quiet disable --now "$service"
        fi
    done
}

# ensure_venv LIST: .venv with the packages of scripts/requirements/LIST.txt; takes no time when
# it is there already.
ensure_venv() {
    local list=$1 folder=$root/scripts/requirements stamp=$venv/installed-$1 wanted
    wanted=$(python3 -c 'import sys; print(sys.version)' && cat "$folder"/*.txt)
    if ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
        python3 -m venv --clear "$venv" || return 1
    elif [[ -f $stamp && $(<"$stamp") == "$wanted" ]]; then
        return 0
    fi
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
        --requirement "$folder/$list.txt" &&
        printf '%s\n' "$wanted" >"$stamp"
}

# Node.js as new as its driver needs it, with npm.
have_node() {
    command -v npm >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# ensure_npm NAME: the packages of tests/drivers/NAME, as its lock file has them; takes no time when
# they are there already.
ensure_npm() {
    local folder=$root/tests/drivers/$1
    local stamp=$folder/node_modules/installed wanted
    wanted=$(node --version && cat "$folder/package-lock.json")
    [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return 0
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error --omit=optional) &&
        printf '%s\n' "$wanted" >"$stamp"
}

# Where Debian puts Go's packages.
GO_SOURCES=/usr/share/gocode

# The drivers of compiled languages, as programs in build/drivers.
build_drivers() {
    local from=$root/tests/drivers to=$root/build/drivers
    local warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
    mkdir -p "$to"
    # The library's own headers are not held to our warnings.
    local headers
    headers=$(pkg-config --cflags libmongoc-1.0 | sed 's/-I/-isystem /g') || return 1
    # shellcheck disable=SC2046,SC2086
    gcc -std=c17 "${warnings[@]}" $headers "$from/libmongoc/driver.c" -o "$to/driver-libmongoc" \
        $(pkg-config --libs libmongoc-1.0) -pthread &&
        GO111MODULE=off GOPATH=$GO_SOURCES GOCACHE=$to/go-cache \
            go build -o "$to/driver-go" "$from/go/driver.go" &&
        cargo build --manifest-path "$from/rust/Cargo.toml" --target-dir "$to/rust" --locked
}

# build_for_logins FOLDER [CMAKE ARGUMENT...]: plugin, reference server and STS emulator.
build_for_logins() {
    local folder=$1
    shift
    cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Debug "$@" &&
        cmake --build "$folder" --target maws_plugin maws_sts_emulator mongo-aws-host
}

# What scripts/bench and scripts/soak build and run, apart from what every build needs.
need_bench_packages() {
    need libcurl4-openssl-dev pkg-config --exists libcurl
    need libboost-dev test -e /usr/include/boost/property_tree/ptree.hpp
    need_program openssl
    need nginx-light test -x /usr/sbin/nginx
    need libnginx-mod-http-echo test -e /usr/lib/nginx/modules/ngx_http_echo_module.so
    need_program valgrind
    need_program util-linux taskset
}

# The plugin as it is shipped: for an rlib beside it, which `cargo build` makes too, fat LTO is left
# out.
build_shipped_plugin() {
    local to=$1
    cargo rustc --locked --release --lib --crate-type cdylib &&
        mkdir -p "$(dirname "$to")" &&
        cp --remove-destination "${CARGO_TARGET_DIR:-target}/release/libmongodb_aws_auth.so" "$to"
}

build_bench_programs() {
    cmake -S bench -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo &&
        cmake --build build/bench
}

# or_show COMMAND...: without a word where it succeeds.
or_show() {
    local output
    output=$("$@" 2>&1 </dev/null) || {
        say "$output" >&2
        die "failed: $*"
    }
}
