"""An application whose storage is restored under it.

    zeo_restore.py ADDRESSES

It prints a line a step, and waits for a line on standard input where it says so. It keeps its
connection and its cache all the time.
"""
import sys
import time

import transaction
import ZEO
import ZODB.POSException
from persistent.mapping import PersistentMapping
from ZEO.Exceptions import ClientDisconnected

PATIENCE_SECONDS = 120


def step(text):
    print(text, flush=True)


def wait_for_line():
    sys.stdin.readline()


def addresses(text):
    return [(host, int(port)) for host, port in (each.rsplit(":", 1) for each in text.split(","))]


def eventually(attempt, what):
    """The connection is broken for a moment, and must come back by itself."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            if attempt():
                return
        except (ClientDisconnected, ZODB.POSException.POSError) as e:
            what += ", " + repr(e)
            transaction.abort()
        if time.monotonic() > end:
            raise SystemExit("not in time: " + what[:500])
        time.sleep(0.05)


def main():
    db = ZEO.DB(addresses(sys.argv[1]), wait_timeout=120)
    root = db.open().root()
    root["kept"] = PersistentMapping(text="old")
    transaction.commit()
    step("old is committed, waiting")
    wait_for_line()

    root["kept"]["text"] = "new"
    root["lost"] = PersistentMapping(text="lost")
    transaction.commit()
    assert root["kept"]["text"] == "new" and root["lost"]["text"] == "lost"
    step("new is committed and cached, waiting")
    wait_for_line()

    def sees_old():
        transaction.begin()
        return root["kept"]["text"] == "old" and "lost" not in root

    eventually(sees_old, "the restored state")
    step("the restored state is seen")

    def commits():
        transaction.begin()
        root["kept"]["text"] = "newer"
        transaction.commit()
        return True

    eventually(commits, "a commit")
    step("committed again")
    db.close()


main()
