"""A contact sheet of drawn films with their boxes, masks and findings, to look at."""

import argparse

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import binary_erosion

from .film import Film, draw

COLOURS = ("#ff5050", "#50d0ff", "#60e060", "#ffd040", "#ff70ff", "#ff9040", "#80a0ff", "#40ffd0", "#e0e0e0")


def panel(film: Film, boxes: bool = True) -> Image.Image:
    size = len(film.pixels)
    out = Image.new("RGB", (size, size + 62), "black")
    out.paste(Image.fromarray(film.pixels).convert("RGB"), (0, 0))
    pen = ImageDraw.Draw(out)
    study = film.study
    for i, finding in enumerate(study.findings):
        if (mask := film.masks.get(finding.label)) is not None:
            rows, columns = np.nonzero(mask & ~binary_erosion(mask))
            pen.point(list(zip(columns.tolist(), rows.tolist(), strict=True)), COLOURS[i])
    for i, finding in enumerate(study.findings):
        words = (finding.change, finding.severity, finding.side, finding.zone, finding.label)
        pen.text(
            (4 + (i // 5) * size // 2, size + 1 + 12 * (i % 5)), " ".join(word for word in words if word), COLOURS[i]
        )
        for x, y, w, h in finding.boxes if boxes else ():
            pen.rectangle([x, y, x + w - 1, y + h - 1], outline=COLOURS[i])
    pen.text((4, 4), f"{study.seed} {'gone: ' + ', '.join(study.resolved) if study.resolved else ''}", "white")
    return out


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m biovil_train.phantom", description=__doc__)
    parser.add_argument("--sheet", required=True, metavar="OUT.png")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--columns", type=int, default=5)
    parser.add_argument("--prior", action="store_true", help="each film after its prior")
    parser.add_argument("--plain", action="store_true", help="no boxes")
    parser.add_argument("--masks", action="store_true", help="the outline of each finding's mask")
    args = parser.parse_args()
    films = []
    for seed in range(args.seed, args.seed + args.count):
        film = draw(seed, args.size, args.prior, args.masks)
        films += [film.prior, film] if film.prior else [film]
    panels = [panel(film, not args.plain) for film in films]
    width, height = panels[0].size
    lines = -(-len(panels) // args.columns)
    sheet = Image.new("RGB", (width * args.columns, height * lines))
    for i, image in enumerate(panels):
        sheet.paste(image, (i % args.columns * width, i // args.columns * height))
    sheet.save(args.sheet)


if __name__ == "__main__":
    main()
