"""The parts of a bench that is called by their names."""
import pathlib
import sys
import tempfile


def run_parts(**parts):
    """Those that the command line names, all without a name, one after another in one scratch folder."""
    wanted = sys.argv[1:] or list(parts)
    for part in wanted:
        if part not in parts:
            sys.exit(f'no part {part}; there are {", ".join(parts)}')
    with tempfile.TemporaryDirectory() as folder:
        for part in wanted:
            parts[part](pathlib.Path(folder))
