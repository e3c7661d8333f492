"""Places in the repository that this package reads and writes."""

from pathlib import Path

PACKAGE = Path(__file__).parent
CONFIGS = PACKAGE.parent / "configs"
REPOSITORY = PACKAGE.parents[2]
DEMO_MODEL = REPOSITORY / "models" / "biovil-demo"
# Triplets written outside the grammar. Who works on the grammar and the recipe looks at those for development only:
# what the others measure is then how the model does on what nobody had in mind.
DEVELOPMENT, HELD_OUT = (PACKAGE / "handwritten" / f"{name}.json" for name in ("development", "held_out"))
PROMPTS = DEMO_MODEL / "prompts.json"
