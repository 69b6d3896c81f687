"""What people see. One menu, as one list; a page is a module here, a template of the same name and a line below."""

MENU: tuple[tuple[str, str], ...] = (
    ("map", "/"),
    ("checks", "/checks"),
    ("batches", "/batches"),
    ("intake", "/intake"),
    ("layers", "/layers"),
    ("rules", "/rules"),
)
