"""`python -m palpate.library` compiles the shipped pathways."""

import sys

from palpate.library import compile_shipped

for path in compile_shipped():
    sys.stdout.write(f"compiled {path.parent.name}\n")
