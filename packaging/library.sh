# shellcheck shell=bash
# The portable library and tool: one file each for every distribution, against an old glibc. Needs
# scripts/lib.sh.
# shellcheck disable=SC2154  # root and venv are set there

# The oldest glibc that the library runs on. Zig has its symbols; no old system is needed.
glibc_baseline=2.17

# portable_folder ARCH FEATURES: where the library of that kind is built.
portable_folder() {
    printf '%s/build/portable/%s%s\n' "$root" "$1" "${2:+-$2}"
}

# portable_cargo ARCH FEATURES FOLDER COMMAND...: runs cargo-zigbuild for the oldest glibc; it builds in FOLDER.
portable_cargo() {
    local folder target=$1-unknown-linux-gnu to=$3
    local cargo_home=${CARGO_HOME:-$HOME/.cargo}
    folder=$(portable_folder "$1" "$2")
    shift 3
    rustc --print target-libdir --target "$target" | xargs test -d ||
        die "Rust's library for $target is missing: rustup target add $target"

    # aws-lc is built from its crate, even where the system has one.
    # Paths of this machine stay out of the files: they tell nothing about who built them, and are
    # the same from every folder.
    local separator=$'\x1f' flags='' c_flags='' pair
    local remap=("$cargo_home=/cargo" "$root=/mongodb-aws-auth")
    for pair in "${remap[@]}"; do
        flags+="${flags:+$separator}--remap-path-prefix=$pair"
        c_flags+=" -ffile-prefix-map=$pair"
    done
    env -u RUSTFLAGS \
        PATH="$venv/bin:$PATH" \
        MAWS_ZIG_PYTHON="$venv/bin/python3" \
        CARGO_ZIGBUILD_PYTHON_PATH="$root/packaging/zig-python" \
        CARGO_ZIGBUILD_CACHE_DIR="$folder/zigbuild" \
        ZIG_GLOBAL_CACHE_DIR="$folder/zig" ZIG_LOCAL_CACHE_DIR="$folder/zig" \
        CARGO_ENCODED_RUSTFLAGS="$flags" CFLAGS="${c_flags# }" CXXFLAGS="${c_flags# }" \
        CARGO_INCREMENTAL=0 AWS_LC_SYS_USE_SYSTEM=0 \
        cargo-zigbuild "$@" --locked --release --target "$target.$glibc_baseline" --target-dir "$to"
}

# build_library ARCH FEATURES: leaves library, debug symbols and report in its portable_folder.
build_library() {
    local arch=$1 features=$2 folder built strip_tool
    folder=$(portable_folder "$arch" "$features")
    mkdir -p "$folder"
    local features_arguments=()
    [[ -z $features ]] || features_arguments=(--no-default-features --features "$features")
    CARGO_PROFILE_RELEASE_DEBUG=2 CARGO_PROFILE_RELEASE_STRIP=none \
        portable_cargo "$arch" "$features" "$folder/cargo" rustc --lib --crate-type cdylib \
        "${features_arguments[@]}" ||
        return 1

    built=$folder/cargo/$arch-unknown-linux-gnu/release/libmongodb_aws_auth.so
    strip_tool=$(object_tool "$arch") || return 1
    # Compressed, they are a third of the size; gdb and the rest read them so.
    "$strip_tool" --only-keep-debug --compress-debug-sections=zlib "$built" \
        "$folder/libmongodb_aws_auth.so.1.debug" &&
        "$strip_tool" --strip-all "$built" "$folder/libmongodb_aws_auth.so.1.new" &&
        chmod 0755 "$folder/libmongodb_aws_auth.so.1.new" &&
        mv "$folder/libmongodb_aws_auth.so.1.new" "$folder/libmongodb_aws_auth.so.1"
}

# build_tool ARCH: leaves the operator's tool in tool/ of the library's portable_folder, with its manual
# pages and completions, which it writes itself.
build_tool() {
    local arch=$1 folder to run
    folder=$(portable_folder "$arch" '')
    to=$folder/tool
    rm -rf "$to"
    mkdir -p "$to/man" "$to/completions"
    # In a folder of its own: the plugin's crate is in it with other features.
    RUSTC_WRAPPER="$root/packaging/rustc-wrapper" \
        portable_cargo "$arch" '' "$folder/cargo-tool" build --manifest-path "$root/cli/Cargo.toml" \
        --bin mongodb-aws-auth || return 1
    install -m 0755 "$folder/cargo-tool/$arch-unknown-linux-gnu/release/mongodb-aws-auth" "$to"
    run=("$to/mongodb-aws-auth")
    if [[ $arch != "$(uname -m)" ]]; then
        run=(cargo run --quiet --locked --manifest-path "$root/cli/Cargo.toml" --)
    fi
    "${run[@]}" man --out "$to/man" &&
        gzip --best --no-name "$to"/man/*.1 &&
        "${run[@]}" completions bash >"$to/completions/mongodb-aws-auth" &&
        "${run[@]}" completions zsh >"$to/completions/_mongodb-aws-auth" &&
        "${run[@]}" completions fish >"$to/completions/mongodb-aws-auth.fish"
}

# object_tool ARCH: the objcopy that knows the architecture's files.
object_tool() {
    local name=objcopy
    [[ $1 == "$(uname -m)" ]] || name=$1-linux-gnu-objcopy
    command -v "$name" || die "$name is missing: install binutils-${1//_/-}-linux-gnu"
}

# check_library ARCH FEATURES: what the packages promise about the file.
check_library() {
    local folder
    folder=$(portable_folder "$1" "$2")
    python3 "$root/tests/c/symbols.py" "$folder/libmongodb_aws_auth.so.1" libmongodb_aws_auth.so.1 &&
        python3 "$root/packaging/inspect_binary.py" "$folder/libmongodb_aws_auth.so.1" \
            "$glibc_baseline" "$folder/cargo/$1-unknown-linux-gnu/release/libmongodb_aws_auth.so" \
            "$folder/libmongodb_aws_auth.so.1.debug"
}

# check_tool ARCH: what the packages promise about the operator's tool.
check_tool() {
    python3 "$root/packaging/inspect_binary.py" "$(portable_folder "$1" '')/tool/mongodb-aws-auth" \
        "$glibc_baseline"
}

# report_tool ARCH: its size.
report_tool() {
    printf "size %29s bytes, the operator's tool\n" \
        "$(stat --format=%s "$(portable_folder "$1" '')/tool/mongodb-aws-auth")"
}

# report_library ARCH FEATURES: size and, of a library that runs here, time and memory.
report_library() {
    local folder libraries tests=$root/tests/c
    folder=$(portable_folder "$1" "$2")
    printf 'size %29s bytes, debug symbols %s bytes\n' \
        "$(stat --format=%s "$folder/libmongodb_aws_auth.so.1")" \
        "$(stat --format=%s "$folder/libmongodb_aws_auth.so.1.debug")"
    if [[ $1 != "$(uname -m)" ]]; then
        say "$1 does not run here: time and memory are not measured"
        return
    fi
    read -ra libraries < <(pkg-config --libs libcrypto)
    cargo build --locked --quiet -p sts-emulator --target-dir "$root/target" &&
        gcc -std=c11 -O2 -Wall -Wextra -Werror -I "$root/include" -I "$tests" \
            -DMAWS_TEST_CA_FILE='"unused"' -DMAWS_TEST_VERSION='"unused"' \
            "$root/packaging/measure.c" "$tests"/harness/*.c \
            -o "$folder/measure" "${libraries[@]}" -lpthread -ldl &&
        python3 "$tests/with_sts.py" "$root/target/debug/sts-emulator" \
            "$root/tests/sts/identities.json" \
            "$folder/measure" "$folder/libmongodb_aws_auth.so.1" first_login
}
