#!/bin/sh
# Makes this checkout ready on Debian or Ubuntu: distribution packages, virtual environment, Python packages.
#
#   scripts/setup.sh run      what the dashboard needs
#   scripts/setup.sh dev      and what tests, linter and type checker need
#   scripts/setup.sh bench    and what the benchmarks compare with
#   scripts/setup.sh vm       and what virtual machines need
#
# Safe to repeat. What a finished set-up must have left on disk is written to .venv/.ready-STAGE: a key of its
# inputs, then a path a line. While the key holds and every path exists nothing is done, without asking dpkg or pip.
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

stage=${1:-run}
# Package and the file that shows it is there. libc6-dev: gcc only recommends it.
packages='python3-bpfcc /usr/lib/python3/dist-packages/bcc/__init__.py'
extra=
enough=dev
case $stage in
run) enough='run dev bench vm' ;;
dev | bench | vm)
    extra='[dev]'
    packages="$packages
gcc /usr/bin/gcc
g++ /usr/bin/g++
libc6-dev /usr/include/stdio.h
bpftrace /usr/bin/bpftrace
tmux /usr/bin/tmux"
    enough='dev bench vm'
    ;;
*)
    echo "usage: $0 run|dev|bench|vm" >&2
    exit 2
    ;;
esac
if [ "$stage" = bench ]; then
    packages="$packages
htop /usr/bin/htop"
    enough=bench
fi
if [ "$stage" = vm ]; then
    packages="$packages
busybox-static /bin/busybox
debian-archive-keyring /usr/share/keyrings/debian-archive-keyring.gpg
qemu-system-x86 /usr/bin/qemu-system-x86_64"
    enough=vm
fi

say() { echo "setup: $*" >&2; }
give_up() {
    say "$1"
    say "hint: $2"
    exit 1
}

# The checkout's place is part of the key: a virtual environment does not survive a move.
key=$({ pwd && cat pyproject.toml scripts/setup.sh; } | sha256sum)

# True where the stamp was written from the same inputs and everything that it lists is still there.
ready() {
    [ -r "$1" ] || return 1
    {
        read -r stamped
        [ "$stamped" = "$key" ] || return 1
        while read -r path; do [ -e "$path" ] || return 1; done
    } <"$1"
}

for done_stage in $enough; do
    if ready ".venv/.ready-$done_stage"; then exit 0; fi
done

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        give_up "'$*' needs root, and there is no sudo" "run it as root, then repeat this"
    fi
}

updated=
apt_install() {
    command -v apt-get >/dev/null ||
        give_up "this is not Debian or Ubuntu, and these are missing: $*" \
            "install their counterparts (Fedora: python3-bcc), then repeat this"
    say "installing $*"
    # A fresh machine may still be installing its own updates: wait for the lock, and never ask a question.
    set -- env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -qq -o DPkg::Lock::Timeout=300 \
        install -y --no-install-recommends "$@"
    if [ -z "$updated" ]; then
        as_root apt-get -qq -o DPkg::Lock::Timeout=300 update || say "apt-get update failed; trying with the old lists"
        updated=yes
    fi
    as_root "$@" >/dev/null </dev/null || give_up "'$*' failed" "see apt-get's message above"
}

# Print the Python, 3.11 or newer, that has the modules named; the distribution's own comes first.
find_python() {
    for name in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c "import $1, sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

missing=$(echo "$packages" | while read -r package path; do [ -e "$path" ] || echo "$package"; done)
# shellcheck disable=SC2086 # a list of words
[ -z "$missing" ] || apt_install $missing
# Debian 12 has it in qemu-system-common, later ones in a package of its own.
if [ "$stage" = vm ] && ! [ -e /usr/lib/qemu/virtiofsd ] && ! [ -e /usr/libexec/virtiofsd ]; then
    apt_install virtiofsd
fi

if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    if ! python=$(find_python ensurepip); then
        # An older distribution has a newer Python beside its own.
        if find_python sys >/dev/null; then apt_install python3-venv; else apt_install python3.11 python3.11-venv; fi
        python=$(find_python ensurepip) || give_up "there is no Python 3.11 or newer with venv" "install one, then repeat this"
    fi
    say "making .venv with $python"
    "$python" -m venv --clear .venv
fi

say "installing Python packages"
rm -f .venv/.ready-*
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".$extra" ||
    give_up "pip could not install the Python packages" "see its message above; is the network up?"

{
    echo "$key"
    echo "$packages" | while read -r _ path; do echo "$path"; done
    readlink -f .venv/bin/python # gone after an upgrade of the distribution
    echo .venv/bin/tracetop
    for entry in .venv/lib/python3*/site-packages/*; do echo "$entry"; done
} >.venv/.ready-new
mv .venv/.ready-new ".venv/.ready-$stage"
