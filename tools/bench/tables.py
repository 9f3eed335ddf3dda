"""Tables in Markdown, row by row."""


def table(*columns):
    """Prints the head of a table; returns what prints a row. Numbers to three digits, None as '-'."""
    text = lambda cell: '-' if cell is None else f'{cell:.3g}' if isinstance(cell, float) else str(cell)
    row = lambda *cells: print('| ' + ' | '.join(map(text, cells)) + ' |', flush=True)
    print()
    row(*columns)
    print('|' + ' --- |' * len(columns))
    return row
