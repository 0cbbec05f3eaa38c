# Sourced by the other scripts, which set `root` to the checkout first: the data folder and a Python that will do.

DASHU_HOME=${DASHU_HOME:-$root/.dashu}
case $DASHU_HOME in /*) ;; *) DASHU_HOME=$PWD/$DASHU_HOME ;; esac
export DASHU_HOME

if [ ! -w "$root" ]; then
    PYTHONPYCACHEPREFIX=$DASHU_HOME/pycache
    export PYTHONPYCACHEPREFIX
fi

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "python_missing: Dashu needs Python 3.11 or newer. Install it, or set PYTHON to its path." >&2
    return 1
}
