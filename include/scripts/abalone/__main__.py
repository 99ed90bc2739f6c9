import sys

from abalone import USE_CASE
from tabular.main import main

sys.exit(main(USE_CASE, sys.argv[1:]))
