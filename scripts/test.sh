#!/bin/sh
# Runs pytest as it must be run: usage scripts/test.sh PYTHON [PYTEST ARGUMENT]...
# As root in one go; else the tests that load BPF programs run a second time round, through sudo.
python=$1
shift
if [ "$(id -u)" = 0 ]; then
    exec "$python" -m pytest "$@"
fi
# pytest's 5: none of the tests asked for is of this half.
status=0
"$python" -m pytest -m "not kernel and not vm" "$@" || [ $? = 5 ] || status=1
# Nothing of root's may be left in the checkout.
sudo "$python" -B -m pytest -p no:cacheprovider -m kernel "$@" || [ $? = 5 ] || status=1
exit $status
