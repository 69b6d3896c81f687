"""The rulebook: what a rule is, how rule files are read and written, which were in use when, and the manual that draws them."""
