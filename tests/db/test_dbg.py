from tests.db.test_rules_command import *
from tests.db.test_rules_command import _english
def test_dbg(workspace, engine, actor):
    r=typed(workspace,"rules"); print(r.output[-3000:], r.exit_code)
    from db.settings import home
    p=home()/"logs"/"cli.log"
    print(p.read_text()[-3000:] if p.exists() else None)
    id = told(workspace, "check", "--site", SITE)["id"]
    with session.transaction(engine, actor) as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        print(connection.execute(text("DELETE FROM hetu.feature WHERE ident = 'permanent_basic_farmland-0'")).rowcount)
    said = typed(workspace, "check", "--again", id); print(said.stderr, said.exit_code)
    assert 0
