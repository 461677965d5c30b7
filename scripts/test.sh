#!/bin/sh
# Runs pytest as it must be run: usage scripts/test.sh PYTHON [PYTEST ARGUMENT]...
# As root in one go; else the tests that load BPF programs run a second time round, through sudo.
# One worker a CPU (which of them gets what: tests/conftest.py), but none for single files, nor for a debugger, which
# needs the terminal.
python=$1
shift
workers='-n auto'
for word; do
    case $word in
    *.py | *.py::* | -n* | --numprocesses* | --pdb | --trace | -s | --capture=no) workers= ;;
    esac
done
if [ "$(id -u)" = 0 ]; then
    # shellcheck disable=SC2086 # two words or none
    exec "$python" -m pytest $workers "$@"
fi
# pytest's 5: none of the tests asked for is of this half.
status=0
# shellcheck disable=SC2086
"$python" -m pytest $workers -m "not kernel and not vm" "$@" || [ $? = 5 ] || status=1
# Nothing of root's may be left in the checkout.
sudo "$python" -B -m pytest -p no:cacheprovider -m kernel "$@" || [ $? = 5 ] || status=1
exit $status
