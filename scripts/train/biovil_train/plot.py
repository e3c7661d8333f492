"""A picture of the losses of some runs, from their logs."""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

# Not losses: they would flatten the rest.
ASIDE = ("step", "rate", "seconds", "scale", "accuracy")


def plot(logs: list[Path], out: Path) -> None:
    """One panel a run: losses at the left, held-out figures (0 to 1) at the right where there are any."""
    runs = [(path if path.is_file() else path / "log.jsonl") for path in logs]
    figure, axes = plt.subplots(len(runs), 2, figsize=(11, 2.8 * len(runs)), squeeze=False, layout="constrained")
    for (left, right), path in zip(axes, runs, strict=True):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        names = list(dict.fromkeys(name for line in lines for name in line))
        losses = [name for name in names if name not in ASIDE and "/" not in name]
        for name in losses:
            _draw(left, lines, name, name)
        for name in (name for name in names if name.startswith("valid/") or name == "accuracy"):
            _draw(right, lines, name, name.removeprefix("valid/"))
        left.set_title(f"{path.parent.name}: losses", fontsize=9)
        right.set_title(f"{path.parent.name}: accuracy, held-out figures", fontsize=9)
        for axis in (left, right):
            axis.set_xlabel("step", fontsize=8)
            axis.grid(alpha=0.3)
            if axis.lines:
                axis.legend(fontsize=6, ncols=2)
            else:
                axis.set_axis_off()
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)
    plt.close(figure)


def _draw(axis: plt.Axes, lines: list[dict[str, float]], name: str, label: str) -> None:
    points = [(line["step"], line[name]) for line in lines if name in line]
    marker = "." if len(points) < 30 else ""
    axis.plot(*zip(*points, strict=True), label=label, linewidth=1, marker=marker)
