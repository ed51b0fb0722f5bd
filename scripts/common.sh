# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by scripts/run and scripts/test: packages and build. Sourced, not run.

build_packages="build-essential meson ninja-build pkg-config libwebsockets-dev libssl-dev
  libjansson-dev libsodium-dev libsqlite3-dev libncurses-dev zlib1g-dev libgpiod-dev"
test_packages="check openssl strace tmux mandoc sqlite3 libasan8 libubsan1 libtsan2"

# Node runs clients of other people against the simulated exchange; one that is there already is as good as Debian's.
if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then test_packages="$test_packages nodejs npm"; fi

say() { printf '%s\n' "$*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        say "qtrade: packages are missing and this is neither root nor is there sudo: run as root once: $*"
        exit 1
    fi
}

# install_packages NAME ...: installs what is missing, with a line of progress a package.
install_packages() {
    missing=
    for package in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing:$missing"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 ||
        say "the package lists could not be refreshed; trying with the old ones"
    # shellcheck disable=SC2086  # a list of words
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        $missing </dev/null >&2
}

# build FOLDER [MESON OPTION ...]: configures once, then builds what changed.
build() {
    folder=$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        say "configuring $folder"
        meson setup "$folder" "$@" >"$folder.log" 2>&1 || {
            cat "$folder.log" >&2
            exit 1
        }
        rm -f "$folder.log"
    fi
    if [ -t 2 ]; then
        ninja -C "$folder" >&2
    else
        NINJA_STATUS='[%f/%t] ' ninja -C "$folder" | awk 'NR % 25 == 0 || /FAILED|error|warning/' >&2
        test "${PIPESTATUS[0]:-0}" -eq 0
    fi
}
