# shellcheck shell=bash
# Roots for the install tests. Pristine ones are made once and kept; tests work on copies.
# shellcheck disable=SC2154  # here, work and copies are those of tests/packages/run

roots=${MAWS_ROOTS:-/var/tmp/mongodb-aws-auth-roots}
mirror=${MAWS_MIRROR:-http://deb.debian.org/debian}
# The bare minimum, and what it takes to build a server there.
tools=(gcc g++ libc6-dev make cmake pkg-config libssl-dev)

in_root() {
    "$here/in-root" "$@"
}

# ensure_root SUITE: $roots/SUITE, a minimal Debian, and $roots/SUITE-build with compilers.
ensure_root() {
    local suite=$1 part
    mkdir -p "$roots"
    if [[ ! -d $roots/$suite ]]; then
        part=$roots/$suite.part
        rm -rf --one-file-system "$part"
        say "making a root of Debian $suite (once)"
        debootstrap --variant=minbase "$suite" "$part" "$mirror" >"$roots/$suite.log" 2>&1 || {
            tail -n 20 "$roots/$suite.log" >&2
            die "no root of Debian $suite could be made"
        }
        in_root "$part" apt-get clean
        mv "$part" "$roots/$suite"
    fi
    if [[ ! -d $roots/$suite-build ]]; then
        part=$roots/$suite-build.part
        rm -rf --one-file-system "$part"
        cp -a "$roots/$suite" "$part"
        say "installing compilers into a copy of it (once)"
        in_root "$part" apt-get install --yes --quiet=2 --no-install-recommends "${tools[@]}" \
            >"$roots/$suite-build.log" 2>&1 || {
            tail -n 20 "$roots/$suite-build.log" >&2
            die "no compilers could be installed for Debian $suite"
        }
        in_root "$part" apt-get clean
        mv "$part" "$roots/$suite-build"
    fi
}

# fresh_root NAME: a copy to work on; tests never share one.
fresh_root() {
    local copy=$work/root-$1-$((++copies))
    cp -a "$roots/$1" "$copy"
    printf '%s\n' "$copy"
}

# files_of ROOT: every path that a package may leave behind, without the package managers' own books.
files_of() {
    (cd "$1" && find . -xdev \
        \( -path ./proc -o -path ./dev -o -path ./tmp -o -path ./packages -o -path ./var/log \
        -o -path ./var/cache -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/lib/rpm \
        -o -path ./root/.rpmdb \) \
        -prune -o -print | LC_ALL=C sort)
}
