"""What follows from matters and is none itself: supervision, accountability, rectification, transfer.

A proceeding has a number of its own, which is its process instance's business key, a unit that has to answer, and
often a matter that it is about. ``record`` is what a command works on, ``opening`` makes one, ``actions`` check what is
answered, ``services`` are what its diagrams call, ``visibility`` says who may know of it.
"""
