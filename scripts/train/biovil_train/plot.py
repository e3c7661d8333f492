"""A picture of the losses of some runs, from their logs."""

import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

# Not losses: they would flatten the rest.
ASIDE = ("step", "rate", "seconds", "scale", "accuracy", "unreadable")
HELD_OUT = "valid/"


def plot(logs: list[Path], out: Path) -> None:
    """One row a run: losses at the left; at the right accuracies and what was measured on held-out studies, 0 to 1."""
    # A vocabulary is finished without a step, so without a log.
    logs = [path for path in logs if not (path / "done").is_file() or (path / "log.jsonl").is_file()]
    if not logs:
        raise ValueError("expected a run with a log.jsonl but found none: a vocabulary has no losses")
    runs = [(path if path.is_file() else path / "log.jsonl") for path in logs]
    figure, axes = plt.subplots(len(runs), 2, figsize=(12, 2.6 * len(runs)), squeeze=False, layout="constrained")
    for (left, right), path in zip(axes, runs, strict=True):
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        names = list(dict.fromkeys(name for line in lines for name in line))
        held_out = [name for name in names if name.startswith(HELD_OUT)]
        losses = [name for name in names if name not in ASIDE and name not in held_out]
        losses += [name for name in held_out if name == f"{HELD_OUT}loss"]
        # A contrast-to-noise ratio has no upper bound, and parts of a figure would hide it.
        parts = [name for name in held_out if name not in losses and name != f"{HELD_OUT}cnr" and "." not in name]
        _panel(left, lines, losses, f"{path.parent.name}: losses")
        _panel(right, lines, [*(name for name in names if name == "accuracy"), *parts], "accuracy and held-out figures")
        if right.lines:
            right.set_ylim(-0.03, 1.03)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)
    plt.close(figure)


def _panel(axis: plt.Axes, lines: list[dict[str, float]], names: list[str], title: str) -> None:
    for name in names:
        points = [(line["step"], line[name]) for line in lines if name in line]
        marker = "o" if len(points) < 30 else ""
        label = name.replace(HELD_OUT, "held-out: ")
        axis.plot(*zip(*points, strict=True), label=label, linewidth=1, marker=marker, markersize=3)
    axis.set_title(title, fontsize=9)
    axis.tick_params(labelsize=7)
    axis.grid(alpha=0.3)
    if names:
        axis.legend(fontsize=6, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    else:
        axis.set_axis_off()
