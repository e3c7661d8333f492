#!/usr/bin/env bash
# Lint and tests of the Python packages, in a virtual environment that is made once for each pyproject.toml. The last line
# has the totals, as those of `npm test`: N passed, N failed, N skipped
set -uo pipefail
cd "$(dirname "$0")"
caches="${XDG_CACHE_HOME:-$HOME/.cache}/biovil/train-venv"
venv="$caches/$(sha256sum pyproject.toml | cut -c1-16)"
failed=0

if [ ! -e "$venv/ready" ]; then
  rm -rf "$venv"
  echo 'Installing PyTorch for the tests of scripts/train (minutes, once)'
  if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check --editable '.[test]'; }; then
    echo 'scripts/train: no Python environment'
    echo '0 passed, 1 failed, 0 skipped'
    exit 1
  fi
  rm -rf biovil_train.egg-info
  touch "$venv/ready"
fi

# Each folder has its own ruff.toml.
for folder in . ../export; do
  (cd "$folder" && "$venv/bin/ruff" check --quiet . && "$venv/bin/ruff" format --check --quiet .) || {
    failed=1
    echo "ruff failed in scripts/$(basename "$(cd "$folder" && pwd)")"
  }
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
OMP_NUM_THREADS=1 "$venv/bin/python" -m pytest 2>&1 | tee "$log"
[ "${PIPESTATUS[0]}" -eq 0 ] || failed=1

# pytest's last line: "2 failed, 140 passed, 1 skipped, 1 error in 9.99s"
summary=$(grep -E ' in [0-9.]+s' "$log" | tail -n 1)
count() { grep -oE "[0-9]+ ($1)" <<<"$summary" | awk '{ n += $1 } END { print n + 0 }'; }
[ -n "$summary" ] || summary='1 failed'
echo "$(count passed) passed, $(count 'failed|errors?') failed, $(count skipped) skipped"
exit "$failed"
