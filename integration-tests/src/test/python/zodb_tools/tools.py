"""Does the same with a stock ZEO server and with a cluster, and compares all answers and kinds of errors: the calls of
a storage in odd ways, the storages that wrap one, and the tools that sites put around ZEO.

    tools.py ADDRESSES DIRECTORY [CASE...]

Prints a line for each case; ends with 1 if answers differ. The cluster must create storages that are missing.
"""
import logging
import os
import socket
import subprocess
import sys
import time
import traceback

import storage_cases
import tool_cases
from sides import STORAGES, Side, storage_name

CASES = storage_cases.CASES + tool_cases.CASES


class Stock:
    """The stock server, as a process."""

    def __init__(self, directory):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = free.getsockname()
        os.makedirs(directory)
        names = [storage_name(case, number) for case in CASES for number in range(STORAGES)]
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stock.py")
        command = [sys.executable, script, str(self.address[1]), directory] + names
        with open(os.path.join(directory, "server.log"), "wb") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        if self._process.stdout.readline() != b"ready\n":
            raise SystemExit("the stock server did not start")

    def close(self):
        self._process.terminate()
        self._process.communicate()


def answers(kind, addresses, case, directory):
    side = Side(kind, addresses, case, os.path.join(directory, kind, case.__name__))
    start = time.monotonic()
    try:
        case(side)
    except Exception:  # of the case itself
        side.answers.append(("PROBLEM in the case", traceback.format_exc()))
    finally:
        side.close()
    return side.answers, time.monotonic() - start


def compare(case, stock, cluster):
    """Prints the differences, and returns whether there are any."""
    differences = [(one, other) for one, other in zip(stock, cluster) if one != other]
    problems = [each for each in stock + cluster if each[0].startswith("PROBLEM") or "expected here:" in str(each[1])]
    for one, other in differences:
        print("PROBLEM %s: %s\n  stock:   %s\n  cluster: %s" % (case.__name__, one[0], one[1], other[1]))
    for each in problems:
        print("PROBLEM %s: %s: %s" % (case.__name__, each[0], each[1]))
    if len(stock) != len(cluster):
        print("PROBLEM %s: %d and %d answers" % (case.__name__, len(stock), len(cluster)))
    return bool(differences or problems or len(stock) != len(cluster))


def main(addresses, directory, *names):
    logging.disable(logging.CRITICAL)
    cluster = [(host, int(port)) for host, port in (each.rsplit(":", 1) for each in addresses.split(","))]
    stock = Stock(os.path.join(directory, "data"))
    differ = 0
    try:
        for case in CASES:
            if names and case.__name__ not in names:
                continue
            one, one_seconds = answers("stock", [stock.address], case, directory)
            other, other_seconds = answers("cluster", cluster, case, directory)
            differ += compare(case, one, other)
            seconds = "stock %.1f s, cluster %.1f s" % (one_seconds, other_seconds)
            print("%s: %d answers, %s" % (case.__name__, len(one), seconds))
            sys.stdout.flush()
    finally:
        stock.close()
    raise SystemExit(1 if differ else 0)


main(*sys.argv[1:])
