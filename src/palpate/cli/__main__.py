"""`python -m palpate.cli`."""

from palpate.cli import main

raise SystemExit(main())
