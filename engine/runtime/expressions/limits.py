"""What an expression may cost: the caps that keep a drawn formula from hurting the server.

There are no loops and no definitions in the language, and every node of a parsed expression runs at most
once, so the cap on nodes is also the cap on steps.
"""

MAX_LENGTH = 2_000  # characters of source text
MAX_NODES = 400  # nodes of the parsed tree, and therefore steps of one evaluation
MAX_DEPTH = 30  # nesting of the parsed tree
MAX_TEXT = 100_000  # characters of any text that is read, built or returned
MAX_ITEMS = 10_000  # elements of any list or record that is read, built or returned, nested ones included
MAX_VALUE_DEPTH = 32  # nesting of a returned value
MAX_INTEGER = 10**18  # magnitude of any whole number
