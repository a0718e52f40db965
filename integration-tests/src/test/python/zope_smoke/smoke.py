"""A real Zope on a Troika cluster, which loses nodes under it. Nothing of Zope or ZEO is changed.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python smoke.py --troika ../../../../../troika
    venv/bin/python smoke.py --addresses HOST:PORT,HOST:PORT,HOST:PORT

Starts Zope with a zope.conf that names all nodes, makes folders, templates, methods and files through HTTP,
loses nodes meanwhile, and reads everything back: at the end also through a second Zope that has seen nothing
of it. With --troika it starts three nodes itself and kills the leader with SIGKILL. With --addresses it asks
whoever runs it, a person or a program, with a line that begins with "PLEASE" on its output, and goes on after
any line on its input. Exit status 0: nothing that Zope acknowledged is lost or changed.
"""
import argparse
import base64
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

BIN = os.path.dirname(os.path.abspath(sys.executable))
START_SECONDS_MAX = 180
REQUEST_SECONDS_MAX = 120
ATTEMPTS_MAX = 5  # of a request that Zope answers with "later"
FILE_BYTES = 50_000
LOG_CHARACTERS_MAX = 5_000
LATER = (500, 502, 503)
BOUNDARY = "troika-zope-smoke"
INI = """
[app:main]
use = egg:Zope#main
zope_conf = %(directory)s/etc/zope.conf

[server:main]
use = egg:waitress#main
listen = 127.0.0.1:%(port)d

[loggers]
keys = root

[handlers]
keys = eventlog

[formatters]
keys = generic

[logger_root]
level = INFO
handlers = eventlog

[handler_eventlog]
class = FileHandler
args = (r"%(directory)s/var/log/event.log", "a")
formatter = generic

[formatter_generic]
format = %%(asctime)s %%(levelname)s %%(name)s %%(message)s
"""


def say(text):
    print(text, flush=True)


def fail(text):
    raise SystemExit("FAILED: " + text)


class Zope:
    """An instance with an empty cache of its own, and its process."""

    def __init__(self, directory, addresses, storage, user):
        self.directory = directory
        self._addresses = addresses
        self._user = user
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._configure(storage)

    def _configure(self, storage):
        subprocess.run(
            [os.path.join(BIN, "mkwsgiinstance"), "-d", self.directory, "-u", self._user],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with open(os.path.join(self.directory, "etc", "zope.conf"), "w") as conf:
            conf.write("%%define INSTANCE %s\ninstancehome $INSTANCE\n" % self.directory)
            conf.write("<zodb_db main>\n  mount-point /\n  <zeoclient>\n")
            conf.writelines("    server %s\n" % address for address in self._addresses)
            conf.write("    storage %s\n" % storage)
            conf.write("  </zeoclient>\n</zodb_db>\n")
        with open(os.path.join(self.directory, "etc", "zope.ini"), "w") as ini:
            ini.write(INI % {"directory": self.directory, "port": self._port})

    def start(self):
        began = time.monotonic()
        with open(os.path.join(self.directory, "var", "log", "output.log"), "a") as output:
            self._process = subprocess.Popen(
                [os.path.join(BIN, "runwsgi"), os.path.join(self.directory, "etc", "zope.ini")],
                stdout=output,
                stderr=output,
            )
        while not self._listens():
            if self._process.poll() is not None:
                fail("Zope ended:\n" + self.logs())
            if time.monotonic() - began > START_SECONDS_MAX:
                fail("Zope did not start in %d s:\n%s" % (START_SECONDS_MAX, self.logs()))
            time.sleep(0.1)
        say("Zope serves after %.1f s, through %s" % (time.monotonic() - began, self.node()))

    def _listens(self):
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
            return True
        except OSError:
            return False

    def node(self):
        """The node that its ZEO client is connected to, as its log has it."""
        with open(os.path.join(self.directory, "var", "log", "event.log")) as log:
            found = re.findall(r"onnected to storage: (.*)", log.read())
        if not found:
            fail("no connection in Zope's log")
        port = re.findall(r"[0-9]+", found[-1])[-1]
        return next(address for address in self._addresses if address.endswith(":" + port))

    def logs(self):
        """The end of what it logged and printed."""
        text = ""
        for name in ("event.log", "output.log"):
            with open(os.path.join(self.directory, "var", "log", name)) as log:
                text += log.read()[-LOG_CHARACTERS_MAX:]
        return text

    def request(self, path, fields=None):
        """The status and the body of what Zope answers; a redirection after a POST is not followed."""
        request = urllib.request.Request("http://127.0.0.1:%d%s" % (self._port, path))
        if fields is not None:
            request.data = form(fields)
            request.add_header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
        request.add_header("Authorization", "Basic " + base64.b64encode(self._user.encode()).decode())
        try:
            with OPENER.open(request, timeout=REQUEST_SECONDS_MAX) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def form(fields):
    """The fields as a browser sends them; bytes are the content of a file."""
    lines = []
    for name, value in fields.items():
        kind = '; filename="%s"' % name if isinstance(value, bytes) else ""
        lines.append('--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n' % (BOUNDARY, name, kind))
        lines.append(value)
        lines.append("\r\n")
    lines.append("--%s--\r\n" % BOUNDARY)
    return b"".join(line if isinstance(line, bytes) else line.encode() for line in lines)


class StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(StayHere)


class Site:
    """What was made, and what Zope has to answer for it."""

    def __init__(self, zope, seed):
        self._zope = zope
        self._random = random.Random(seed)
        self._folder = "/smoke-%d-%d" % (os.getpid(), seed)
        self.expected = {}
        self.again = 0
        self.longest = 0.0

    def begin(self):
        status, body = self._zope.request("/manage_addProduct/OFSP/manage_addFolder", {"id": self._folder[1:]})
        if status in (401, 403):
            fail("the storage has users already: name one that may do everything with --user NAME:PASSWORD")
        if status != 302:
            fail("no folder: %s %s" % (status, body[:500]))

    def make(self, count, kind):
        """Makes objects one after the other and returns how long it took."""
        began = time.monotonic()
        for _ in range(count):
            self._make_one("%s-%03d" % (kind, len(self.expected)))
        return time.monotonic() - began

    def _make_one(self, name):
        text = "%s %x" % (name, self._random.getrandbits(256))
        add, fields, expected = self.KINDS[len(self.expected) % len(self.KINDS)](self, name, text)
        path = "%s/%s" % (self._folder, name)
        began = time.monotonic()
        for _ in range(ATTEMPTS_MAX):
            status, body = self._zope.request("%s/manage_addProduct/%s" % (self._folder, add), fields)
            if status in (200, 302):
                break
            if status == 400 and self._zope.request(path)[0] == 200:
                break  # an earlier attempt was committed though its answer was an error
            if status not in LATER:
                fail("%s: %s %s" % (path, status, body[:500]))
            self.again += 1
        else:
            fail("%s: still %s after %d attempts: %s" % (path, status, ATTEMPTS_MAX, body[-500:]))
        self.longest = max(self.longest, time.monotonic() - began)
        self.expected[path] = expected

    def _method(self, name, text):
        source = "<dtml-let n=\"6*7\">%s <dtml-var n></dtml-let>" % text
        return "OFSP/manage_addDTMLMethod", {"id": name, "file": source}, (text + " 42").encode()

    def _template(self, name, text):
        source = "<p tal:content=\"string:%s\">x</p>" % text
        return (
            "PageTemplates/manage_addPageTemplate",
            {"id": name, "title": "", "text": source},
            ("<p>%s</p>" % text).encode(),
        )

    def _file(self, name, text):
        content = (text * (FILE_BYTES // len(text))).encode()
        return "OFSP/manage_addFile", {"id": name, "file": content}, content

    KINDS = (_method, _template, _file)

    def check(self, zope):
        """Reads everything through a Zope; fails on the first difference."""
        for path, expected in self.expected.items():
            status, body = zope.request(path)
            if status != 200 or body.strip() != expected:
                fail("%s: %s, %r is not %r" % (path, status, body[:200], expected[:200]))


class OwnCluster:
    """Three nodes that this script starts; it kills one, since nobody would start it again."""

    def __init__(self, troika, directory):
        self._troika = troika
        ready = os.path.join(directory, "ready.json")
        self._process = subprocess.Popen(
            [troika, "dev", "--processes", "--ports", "0", "--ready-file", ready], stdout=subprocess.DEVNULL
        )
        began = time.monotonic()
        while not os.path.exists(ready):
            if self._process.poll() is not None:
                fail("troika dev ended")
            if time.monotonic() - began > START_SECONDS_MAX:
                self.close()
                fail("the nodes did not start in %d s" % START_SECONDS_MAX)
            time.sleep(0.1)
        with open(ready) as file:
            self._nodes = json.load(file)["nodes"]
        self.addresses = [node["zeo"] for node in self._nodes]

    def lose_leader(self):
        endpoints = ",".join(node["grpc"] for node in self._nodes)
        status = subprocess.run(
            [self._troika, "status", "--endpoints", endpoints, "-o", "json"], check=True, capture_output=True
        )
        leader = json.loads(status.stdout)["leader"]["nodeId"]
        pid = next(node["pid"] for node in self._nodes if node["id"] == leader)
        os.kill(pid, signal.SIGKILL)
        say("SIGKILL to %s, the leader" % leader)

    def lose_node(self, address):
        say("Only one node of a cluster of three may be lost; %s is left alone" % address)

    def close(self):
        self._process.send_signal(signal.SIGINT)
        self._process.wait()


class ForeignCluster:
    """Nodes that somebody else runs, and loses when asked to."""

    def __init__(self, addresses):
        self.addresses = addresses

    def lose_leader(self):
        self._please("kill the leader")

    def lose_node(self, address):
        self._please("see that all nodes run, then kill the one at " + address)

    def _please(self, wish):
        say("PLEASE %s; then send a line" % wish)
        if not sys.stdin.readline():
            fail("nobody is there to " + wish)

    def close(self):
        pass


def run(cluster, directory, options):
    seed = options.seed
    zope = Zope(os.path.join(directory, "zope"), cluster.addresses, options.storage, options.user)
    other = Zope(os.path.join(directory, "other"), cluster.addresses, options.storage, options.user)
    try:
        zope.start()
        site = Site(zope, seed)
        site.begin()
        say("%d objects made in %.1f s" % (options.count, site.make(options.count, "quiet")))
        cluster.lose_leader()
        say("%d objects made in %.1f s" % (options.count, site.make(options.count, "leaderless")))
        cluster.lose_node(zope.node())
        say("%d objects made in %.1f s, through %s" % (options.count, site.make(options.count, "moved"), zope.node()))
        site.check(zope)
    finally:
        zope.stop()
    try:
        other.start()
        site.check(other)
    finally:
        other.stop()
    say(
        "OK: %d objects are there; the longest request took %.1f s, %d were sent again"
        % (len(site.expected), site.longest, site.again)
    )


def main():
    parser = argparse.ArgumentParser()
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--troika", metavar="LAUNCHER")
    which.add_argument("--addresses", metavar="HOST:PORT,...")
    parser.add_argument("--storage", default="1")
    parser.add_argument("--user", default="admin:secret", metavar="NAME:PASSWORD")
    parser.add_argument("--count", type=int, default=30, help="objects a step")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="zope-smoke-")
    cluster = None
    try:
        cluster = (
            OwnCluster(options.troika, directory)
            if options.troika
            else ForeignCluster(options.addresses.split(","))
        )
        run(cluster, directory, options)
    finally:
        if cluster:
            cluster.close()
        shutil.rmtree(directory, ignore_errors=True)


main()
