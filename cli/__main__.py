"""``python -m cli``: the command ``shareflow``, wherever its script lies."""

from cli import main

main()
