"""Places in the repository that this package reads and writes."""

from pathlib import Path

PACKAGE = Path(__file__).parent
CONFIGS = PACKAGE.parent / "configs"
REPOSITORY = PACKAGE.parents[2]
DEMO_MODEL = REPOSITORY / "models" / "biovil-demo"
HANDWRITTEN = PACKAGE / "handwritten.json"
PROMPTS = DEMO_MODEL / "prompts.json"
