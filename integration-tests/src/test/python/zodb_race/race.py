"""Processes that race for the same objects of a ZODB, and the check of what they left.

    race.py setup ADDRESSES
    race.py work ADDRESSES NUMBER SECONDS JOURNAL
    race.py check ADDRESSES JOURNAL...

Each transaction of a worker writes its name into a ledger, increments a counter, and moves money between
accounts whose total never changes. The journal says which names were tried and which were acknowledged.
"""
import os
import random
import sys
import time

import BTrees.check
import transaction
import ZEO
from BTrees.IOBTree import IOBTree
from BTrees.OIBTree import OIBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent
from transaction.interfaces import TransientError

COUNTERS = 50
ACCOUNTS = 40
INITIAL_BALANCE = 1000
READS_EVERY = 10
STORAGE = os.environ.get("ZEO_STORAGE", "1")


class Account(Persistent):
    def __init__(self):
        self.balance = INITIAL_BALANCE


def parse(addresses):
    return [(host, int(port)) for host, port in (a.split(":") for a in addresses.split(","))]


def opened(addresses):
    db = ZEO.DB(parse(addresses), storage=STORAGE, wait_timeout=60)
    manager = transaction.TransactionManager()
    manager.begin()
    return db, manager, db.open(manager).root()


def setup(addresses):
    db, manager, root = opened(addresses)
    root["counters"] = OIBTree({"counter %d" % i: 0 for i in range(COUNTERS)})
    root["ledger"] = OOBTree()
    root["bank"] = IOBTree({i: Account() for i in range(ACCOUNTS)})
    manager.commit()
    db.close()


def total(root):
    return sum(account.balance for account in root["bank"].values())


class Worker:
    def __init__(self, addresses, number, seconds, journal):
        self.db, self.manager, self.root = opened(addresses)
        self.number = number
        self.end = time.monotonic() + seconds
        self.journal = open(journal, "w")
        self.random = random.Random(number)
        self.failures = {}
        self.acknowledged = 0
        self.longest_gap = 0.0

    def run(self):
        last = time.monotonic()
        count = 0
        while time.monotonic() < self.end:
            count += 1
            name = "%d-%06d" % (self.number, count)
            if self.attempt(name):
                now = time.monotonic()
                self.longest_gap = max(self.longest_gap, now - last)
                last = now
                self.acknowledged += 1
            if count % READS_EVERY == 0:
                self.read()
        failures = ", ".join("%d %s" % (n, what) for what, n in sorted(self.failures.items()))
        print("worker %d: %d acknowledged, longest gap %.2f s, %s"
              % (self.number, self.acknowledged, self.longest_gap, failures or "no failures"))
        self.db.close()

    def attempt(self, name):
        """One transaction, tried once: a second attempt has another name, as its outcome is its own."""
        self.note("try", name)
        try:
            self.manager.begin()
            self.change(name)
            self.manager.commit()
        except TransientError as e:
            self.failures[type(e).__name__] = self.failures.get(type(e).__name__, 0) + 1
            self.manager.abort()
            return False
        self.note("ack", name)
        return True

    def change(self, name):
        counters, bank = self.root["counters"], self.root["bank"]
        assert name not in self.root["ledger"], "%s is in the ledger before it was written" % name
        self.root["ledger"][name] = self.number
        counters["counter %d" % self.random.randrange(COUNTERS)] += 1
        one, other = self.random.sample(range(ACCOUNTS), 2)
        amount = self.random.randrange(1, 20)
        bank[one].balance -= amount
        bank[other].balance += amount

    def read(self):
        """A transaction that only reads: a state in which money is on its way was never committed."""
        try:
            self.manager.begin()
            found = total(self.root)
            self.manager.abort()
        except TransientError:
            self.manager.abort()
            return
        assert found == ACCOUNTS * INITIAL_BALANCE, "total of the bank: %d" % found

    def note(self, what, name):
        self.journal.write("%s %s\n" % (what, name))
        self.journal.flush()


def check(addresses, journals):
    tried, acknowledged = set(), set()
    for journal in journals:
        with open(journal) as lines:
            for line in lines:
                what, name = line.split()
                (acknowledged if what == "ack" else tried).add(name)
    db, manager, root = opened(addresses)
    for name in "counters", "ledger", "bank":
        root[name]._check()
        BTrees.check.check(root[name])
    ledger = set(root["ledger"])
    problems = []
    if total(root) != ACCOUNTS * INITIAL_BALANCE:
        problems.append("the bank has %d in place of %d" % (total(root), ACCOUNTS * INITIAL_BALANCE))
    lost = acknowledged - ledger
    if lost:
        problems.append("%d acknowledged transactions are lost, such as %s" % (len(lost), min(lost)))
    invented = ledger - tried
    if invented:
        problems.append("%d transactions were never tried, such as %s" % (len(invented), min(invented)))
    increments = sum(root["counters"].values())
    if increments != len(ledger):
        problems.append("%d increments by %d transactions" % (increments, len(ledger)))
    print("%d tried, %d acknowledged, %d committed" % (len(tried), len(acknowledged), len(ledger)))
    for problem in problems:
        print("PROBLEM", problem)
    db.close()
    return 1 if problems else 0


def main():
    command, addresses, *rest = sys.argv[1:]
    if command == "setup":
        setup(addresses)
    elif command == "work":
        Worker(addresses, int(rest[0]), float(rest[1]), rest[2]).run()
    elif command == "check":
        sys.exit(check(addresses, rest))


main()
