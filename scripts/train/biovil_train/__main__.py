"""python -m biovil_train phantom | train | evaluate | export | plot | demo"""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
