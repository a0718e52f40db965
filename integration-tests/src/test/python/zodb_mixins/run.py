"""Runs the tests of ZODB and ZEO against a cluster.

    run.py --addresses HOST:PORT,… --encoding pickle|msgpack [--prefix NAME] [--shard K/N] [--only GLOB] [--list]

Storages are created by naming them; PREFIX keeps runs on one cluster apart. Exit status 0: all passed
but those of left_out.txt, those still fail, and every entry of it names a test.
"""
import argparse
import faulthandler
import fnmatch
import importlib.metadata
import io
import logging
import os
import sys
import time
import traceback
import unittest

import servers

HERE = os.path.dirname(os.path.abspath(__file__))
TEST_SECONDS_MAX = 240  # then the run ends, with the stacks of all threads
ERROR_CHARACTERS_MAX = 4000
KINDS = ("fails", "never")
CONDITIONS = {"zeo5", "zeo6", "pickle", "msgpack", "root"}


class Entry:
    """A line of left_out.txt."""

    def __init__(self, kind, pattern, reason):
        self.kind = kind
        self.pattern = pattern
        self.reason = reason
        self.names = 0


def read_left_out(path, facts):
    """The entries whose conditions are all among the facts."""
    entries = []
    with open(path) as lines:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            head, bar, reason = line.partition("|")
            words = head.split()
            conditions = set(words[2:])
            if not reason.strip() or len(words) < 2 or words[0] not in KINDS or conditions - CONDITIONS:
                raise SystemExit("%s:%d: want 'fails|never TEST [CONDITION ...] | reason'" % (path, number))
            if conditions <= facts:
                entries.append(Entry(words[0], words[1], reason.strip()))
    return entries


def entry_of(name, entries):
    found = [entry for entry in entries if fnmatch.fnmatchcase(name, entry.pattern)]
    for entry in found:
        entry.names += 1
    return found[0] if found else None


def run_one(test):
    """None if it passed, "" if it skipped itself, else what went wrong."""
    result = unittest.TestResult()
    sink = io.StringIO()
    kept = sys.stdout
    sys.stdout = sink
    try:
        test.run(result)
    finally:
        sys.stdout = kept
    problems = result.errors + result.failures
    if problems:
        return problems[0][1]
    return "" if result.skipped else None


def run_guarded(test):
    faulthandler.dump_traceback_later(TEST_SECONDS_MAX, exit=True)
    try:
        return run_one(test)
    except Exception:  # the test's own machinery failed: as bad as the test
        return traceback.format_exc()
    finally:
        faulthandler.cancel_dump_traceback_later()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--addresses", required=True)
    parser.add_argument("--encoding", choices=["pickle", "msgpack"], default="pickle")
    parser.add_argument("--prefix", default="mixins")
    parser.add_argument("--shard", default="0/1")
    parser.add_argument("--only", default="*")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--left-out", default=os.path.join(HERE, "left_out.txt"))
    options = parser.parse_args()

    shard, shards = map(int, options.shard.split("/"))
    nodes = [(host, int(port)) for host, port in (a.split(":") for a in options.addresses.split(","))]
    cluster = servers.Cluster(nodes, "%s-%d" % (options.prefix, shard))
    cluster.install()
    import suites  # after install: the tests bind what was installed

    logging.lastResort = None  # tests provoke errors, which clients log
    version = "zeo" + importlib.metadata.version("ZEO").split(".")[0]
    facts = {version, options.encoding} | ({"root"} if os.geteuid() == 0 else set())
    entries = read_left_out(options.left_out, facts)
    chosen = [
        (name, test, stoppable, entry_of(name, entries))
        for stoppable, tests in suites.tests().items()
        for name, test in tests
    ]
    problems = [
        "%s names no test" % entry.pattern for entry in entries if not entry.names
    ]
    chosen = [each for each in chosen if fnmatch.fnmatchcase(each[0], options.only)]
    counts = {"passed": 0, "skipped": 0, "left out": 0}
    for name, test, stoppable, entry in chosen[shard::shards]:
        if options.list:
            print(name)
            continue
        if entry and entry.kind == "never":
            counts["left out"] += 1
            continue
        cluster.stoppable = stoppable
        began = time.monotonic()
        error = run_guarded(test)
        seconds = time.monotonic() - began
        if entry:
            counts["left out"] += 1
            if not error:
                problems.append("%s is left out (%s) but passes" % (name, entry.reason))
            print("%6.1f s  left out  %s" % (seconds, name), flush=True)
        elif error:
            problems.append("%s failed" % name)
            print("%6.1f s  FAILED    %s\n%s" % (seconds, name, error[-ERROR_CHARACTERS_MAX:]), flush=True)
        else:
            counts["passed" if error is None else "skipped"] += 1
            print("%6.1f s  %s    %s" % (seconds, "passed " if error is None else "skipped", name), flush=True)
    for problem in problems:
        print("PROBLEM", problem)
    print("%s: %s" % (version, ", ".join("%d %s" % (count, what) for what, count in counts.items())))
    # Threads of tests that failed may still wait for something.
    sys.stdout.flush()
    os._exit(1 if problems else 0)


main()
