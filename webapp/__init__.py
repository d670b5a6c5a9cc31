"""The pages of the platform, its command line and its worker: they translate, and decide nothing.

Kept empty of imports: a command that needs no page should not wait for all of them.
"""
