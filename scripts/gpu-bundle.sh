#!/usr/bin/env bash
# Puts into .gpu/ what gpu-check.sh needs on a machine that has neither this checkout nor a network: gpu-check.sh and
# gpu-bundle.tar.xz, which holds the packed biovil with its dependencies, Node.js, the parity states, the check, and the
# native sources, should the packed binaries not load there. At most 45 MiB.
#
#   scripts/gpu-bundle.sh [DIR]
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$(realpath -m "${1:-$root/.gpu}")
limit=$((45 << 20))
cd "$root"

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
node node_modules/typescript/bin/tsc -p tsconfig.json
node node_modules/typescript/bin/tsc -p test/tsconfig.json
npm run --silent prebuild >&2

# What `npm install` of the tarball gives.
npm pack --silent --ignore-scripts --pack-destination "$stage" >/dev/null
mkdir -p "$stage/top/node_modules/biovil"
tar -xzf "$stage"/biovil-*.tgz -C "$stage/top/node_modules/biovil" --strip-components 1
# Of the dependencies, not the rare decoders of DICOM and what packages hold beside their code: no film here is a DICOM file.
{ npm ls --omit=dev --all --parseable 2>/dev/null || true; } | tail -n +2 | sed "s|^$root/||" |
  tar -c --exclude='*.map' --exclude=tests --exclude=test --exclude='dcmjs*' --exclude=core-js-pure --exclude=@rollup \
    --files-from - | tar -x -C "$stage/top"

strip -o "$stage/top/node" "$(node -p process.execPath)"
printf '{ "private": true, "type": "module" }\n' >"$stage/top/package.json"
cp -r --parents build/test/gpu build/test/support scripts/gpu scripts/gpu-check.sh test/fixtures/parity examples/films "$stage/top"

# For CMake: the sources and Node-API's headers.
mkdir -p "$stage/top/source/include"
cp -r CMakeLists.txt package.json native "$stage/top/source"
cp node_modules/node-addon-api/*.h node_modules/node-api-headers/include/*.h "$stage/top/source/include"

mkdir -p "$out"
cp scripts/gpu-check.sh "$out"
tar -c -C "$stage/top" --owner=0 --group=0 . | xz -T0 -6 >"$stage/gpu-bundle.tar.xz"
size=$(stat -c %s "$stage/gpu-bundle.tar.xz")
[ "$size" -le "$limit" ] || { echo "gpu-bundle: $size bytes, at most $limit may travel" >&2; exit 1; }
mv "$stage/gpu-bundle.tar.xz" "$out"
echo "gpu-bundle: $out, $((size >> 20)) MiB; there: bash gpu-check.sh OUT" >&2
