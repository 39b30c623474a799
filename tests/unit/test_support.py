"""The servers that other tests rely on are themselves what they promise."""

import os
import smtplib
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy.engine import make_url

from tests.support.leash import Leashed
from tests.support.redis_server import numbered
from tests.support.waiting import wait_until

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


def dsn(url):
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_postgres_database_is_empty_and_its_own(fresh_postgres):
    first, second = fresh_postgres(), fresh_postgres()
    with psycopg.connect(dsn(first)) as connection:
        connection.execute("CREATE TABLE mine (id int)")
    with psycopg.connect(dsn(second)) as connection:
        assert connection.execute("SELECT to_regclass('mine')").fetchone() == (None,)
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


def test_redis_is_empty_after_it_was_asked_for(fresh_redis):
    with redis.Redis.from_url(fresh_redis()) as client:
        client.set("left", "over")
    with redis.Redis.from_url(fresh_redis()) as client:
        assert client.dbsize() == 0


def test_the_mailbox_keeps_what_a_client_sends(smtp_server):
    message = EmailMessage()
    message["Subject"] = "Grüße"
    message.set_content("Your code is 123456.")
    with smtplib.SMTP("127.0.0.1", smtp_server.port) as client:
        client.send_message(message, "from@example.com", ["to@example.com"])
    received = smtp_server.next_message()
    assert received.to == ("to@example.com",)
    assert received.message["Subject"] == "Grüße"
    assert "123456" in received.text


def test_the_mailbox_can_refuse(smtp_server):
    smtp_server.refusal = "554 no"
    with smtplib.SMTP("127.0.0.1", smtp_server.port) as client, pytest.raises(smtplib.SMTPDataError):
        client.sendmail("from@example.com", ["to@example.com"], b"Subject: x\r\n\r\nx")
    assert smtp_server.messages == []


def test_the_browser_runs_scripts_only_where_it_may(page, request):
    page.set_content("<p id=p>still</p><script>document.getElementById('p').textContent = 'moved'</script>")
    expected = "still" if "no-javascript" in request.node.name else "moved"
    assert page.locator("#p").inner_text() == expected


def test_a_page_that_leaves_this_machine_is_reported(browsing):
    page = browsing.page()
    # The address is reserved for documentation (RFC 5737), so nothing answers even where there is a network.
    page.route("**/*", lambda route: route.abort())
    page.set_content("<img src='http://192.0.2.1/pixel.png'>")
    assert browsing.complaints == ["left this machine: http://192.0.2.1/pixel.png"]
    browsing.complaints.clear()


def test_axe_finds_a_fault_on_a_faulty_page(browsing, axe_source):
    page = browsing.page()
    page.set_content("<!doctype html><title>t</title><html lang=en><main><h1>t</h1><img src='data:,'></main>")
    page.evaluate(axe_source)
    assert "image-alt" in [violation["id"] for violation in page.evaluate("axe.run()")["violations"]]


def test_node_has_its_clients(node, tmp_path):
    script = tmp_path / "versions.mjs"
    script.write_text("console.log(JSON.stringify(process.argv.slice(2)))")
    assert node.run(str(script), "a", "b") == ["a", "b"]
    assert "openid-client" in node.package_file("openid-client/package.json")


def test_a_failing_script_says_what_it_said(node, tmp_path):
    script = tmp_path / "broken.mjs"
    script.write_text("throw new Error('no such client')")
    with pytest.raises(AssertionError, match="no such client"):
        node.run(str(script))


def test_a_leashed_process_ends_when_it_is_stopped(tmp_path):
    with Leashed(SLEEPER, log=tmp_path / "log") as process:
        assert process.ended() is None
        assert alive(process.pid)
    assert process.ended() == -15
    assert not alive(process.pid)


def test_a_leashed_process_ends_with_whoever_started_it(tmp_path):
    """Also when the starter is killed and can tidy nothing up."""
    starter = (
        "import sys, os, signal; from pathlib import Path; from tests.support.leash import Leashed;"
        f"p = Leashed({SLEEPER!r}, log=Path({str(tmp_path / 'log')!r}));"
        "print(p.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", starter], cwd=root, capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    assert wait_until(lambda: not alive(pid), seconds=30, what="the orphan to end")


def test_a_command_that_ends_tells_its_code(tmp_path):
    with Leashed([sys.executable, "-c", "raise SystemExit(143)"], log=tmp_path / "log") as process:
        assert process.wait() == 143


def test_a_command_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="could not be started"):
        Leashed([tmp_path / "nothing"], log=tmp_path / "log")


def run_pytest(folder, require):
    (folder / "test_it.py").write_text(
        "from tests.support.requirement import lack, required\n"
        "def test_it():\n    required()\n    lack('php', 'there is no php here')\n"
    )
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "pythonpath=" + str(root)]
    env = {**os.environ, "POOLHOUSE_REQUIRE": require, "PYTHONPATH": str(root)}
    return subprocess.run([*command, "test_it.py"], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_what_a_machine_lacks_is_skipped_with_the_reason(tmp_path):
    done = run_pytest(tmp_path, "node")
    assert done.returncode == 0
    assert "1 skipped" in done.stdout


def test_what_is_required_and_lacking_is_a_failure(tmp_path):
    done = run_pytest(tmp_path, "node,php")
    assert done.returncode == 1
    assert "POOLHOUSE_REQUIRE asks for php, but there is no php here" in done.stdout


def test_a_misspelt_requirement_is_an_error(tmp_path):
    done = run_pytest(tmp_path, "postgress")
    assert done.returncode != 0
    assert "unknown postgress" in done.stdout


@pytest.mark.parametrize(
    ("given", "worker", "own"),
    [
        ("redis://localhost:6379", 0, "redis://localhost:6379/0"),
        ("redis://localhost:6379/", 1, "redis://localhost:6379/1"),
        ("redis://:secret@localhost:6379/4", 2, "redis://:secret@localhost:6379/6"),
    ],
)
def test_workers_that_share_a_redis_have_a_database_each(given, worker, own):
    assert numbered(given, worker) == own
