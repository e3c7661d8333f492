#!/usr/bin/env bash
# Checks the packed biovil on a machine with an NVIDIA GPU that has Python with PyTorch 2.11 and nothing else: no network,
# no Node.js, no checkout. Parity, faults and throughput on CUDA go into OUT/gpu-check.json and OUT/gpu-check.md.
#
#   gpu-check.sh [OUT] [--device cuda:0|cpu] [--stages NAME,…] [--limit SECONDS]
#
# OUT: $OUT, else output/gpu-check. PYTHON (python3) is asked where its torch lies; LIBTORCH=DIR names a libtorch instead.
# Without a GPU it runs on the CPU and says REHEARSAL. Exit code 0: every stage passed.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fail() { echo "gpu-check: $*" >&2; exit 1; }

out=${OUT:-output/gpu-check}
case ${1:-} in '' | --*) ;; *) out=$1; shift ;; esac

python=$(command -v "${PYTHON:-python3}") || python=
if [ -z "${LIBTORCH:-}" ]; then
  [ -n "$python" ] || fail 'found no python3; set PYTHON to one with PyTorch 2.11, or LIBTORCH to a libtorch'
  # torch is found, not imported.
  LIBTORCH=$("$python" -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])' 2>/dev/null) ||
    fail "$python has no PyTorch; set PYTHON to one that has, or LIBTORCH to a libtorch"
fi
export LIBTORCH

if [ -x "$here/../node" ]; then
  top=$(cd "$here/.." && pwd)
else
  bundle=$here/gpu-bundle.tar.xz
  [ -f "$bundle" ] || bundle=$here/../.gpu/gpu-bundle.tar.xz
  [ -f "$bundle" ] || fail "found no gpu-bundle.tar.xz; make it with scripts/gpu-bundle.sh"
  top=$(mktemp -d) || fail 'cannot make a temporary folder'
  trap 'rm -rf "$top"' EXIT
  tar -xJf "$bundle" -C "$top" 2>/dev/null ||
    "$python" -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' "$bundle" "$top" ||
    fail "cannot unpack $bundle"
fi

# PyTorch's Python serves the stages that need one; a Python without it does not.
"${python:-false}" -c 'import importlib.util as u, sys; sys.exit(u.find_spec("torch") is None)' 2>/dev/null || python=
PYTHON=$python PATH=${python:+$(dirname "$python"):}$PATH "$top/node" "$top/build/test/gpu/check.js" "$out" "$@"
