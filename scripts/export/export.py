"""Writes the weightless TorchScript graphs and their sidecars.

    python scripts/export/export.py [--check]                          all graphs of models/graphs
    python scripts/export/export.py --layers 12 --heads 12 [--check]   CXR-BERT of one depth
    python scripts/export/export.py --only biovil-resnet50 [--check]   one of those that all would write

Only PyTorch is needed. A graph holds the depth of a model and its number of heads; every width comes from the weights
that are bound to it later, which is proven against eager PyTorch at other widths, shapes and dtypes each time this
runs. With --check nothing is written: the command fails unless the files in --out are what this script makes.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import graph
from bert_graph import BertGraph
from image_graph import ImageGraph

GRAPHS = {
    one.name: one
    for one in (
        *(BertGraph(12, 12), BertGraph(4, 4), BertGraph(2, 2)),
        *(ImageGraph(False), ImageGraph(False, dilated=True), ImageGraph(True)),
    )
}


def export(one: BertGraph | ImageGraph, out: Path, check_only: bool) -> bool:
    """Writes or checks a graph, and says whether it is as it should be."""
    archive = one.trace()
    difference = one.prove(archive)
    description = one.sidecar(archive)
    path = out / f"{one.name}.pt"
    if check_only:
        problems = graph.check(path, archive, description)
        print("\n".join(problems) or f"{path} is what this script makes", file=sys.stderr)
        return not problems
    graph.write(path, archive, description)
    print(f"{path}: {len(archive)} bytes, differs from eager by {difference:.1e}", file=sys.stderr)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layers", type=int)
    parser.add_argument("--heads", type=int)
    parser.add_argument("--only", choices=list(GRAPHS), metavar="NAME")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "models" / "graphs")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.layers or options.heads:
        one = BertGraph(options.layers or 12, options.heads or 12)
        return 0 if export(one, options.out, options.check) else 1
    if options.only:
        return 0 if export(GRAPHS[options.only], options.out, options.check) else 1
    # Each in a process of its own: names in a trace depend on what was traced before.
    command = [sys.executable, __file__, "--out", str(options.out), *(["--check"] if options.check else [])]
    codes = [subprocess.run([*command, "--only", name]).returncode for name in GRAPHS]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
