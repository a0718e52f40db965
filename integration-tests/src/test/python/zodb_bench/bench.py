"""Three Troika nodes beside the stock ZEO server with FileStorage, alternating in one run, through ZEO's own client.

    bench.py --troika LAUNCHER [--seconds 5] [--rounds 3] [--warmup 100] [--only NAME,...]

Raw storage calls in a process for each client, spread over the nodes, the first one on the next node in each round:
a single client is once on the leader and twice on a follower. Prints each figure, and the ratios within
each round: the median of the rounds, and their range, is what to quote. Above 1 is better than stock ZEO.
"""
import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import ZODB.FileStorage
from ZEO.ClientStorage import ClientStorage
from ZODB.Connection import TransactionMetaData
from ZODB.utils import maxtid, p64, z64

READY_SECONDS_MAX = 90
LOADED_OBJECTS = 10_000
LOADED_BYTES = 1024
OBJECTS_A_FILL = 500
COPIED_TRANSACTIONS = 500
COPIED_RECORDS = 10  # a transaction
COPIED_BYTES = 512
BLOB_BYTES = 64 << 20
MILLIS = 1000
# Those of `troika serve`: `dev` does without the optimizing compiler, which takes two minutes to get ahead.
NODE_JAVA_OPTIONS = "-Xms64m -Xmx512m -XX:+UseParallelGC"


class Stock:
    """runzeo, with a FileStorage for each storage."""

    name = "stock ZEO"

    def __init__(self, directory, storages):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        conf = os.path.join(directory, "zeo.conf")
        with open(conf, "w") as out:
            out.write("<zeo>\n  address 127.0.0.1:%d\n</zeo>\n" % port)
            for storage in storages:
                out.write(
                    "<filestorage %s>\n  path %s/%s.fs\n  blob-dir %s/%s.blobs\n</filestorage>\n"
                    % (storage, directory, storage, directory, storage)
                )
        runzeo = os.path.join(os.path.dirname(os.path.abspath(sys.executable)), "runzeo")
        self._log = open(os.path.join(directory, "zeo.log"), "w")
        self._process = subprocess.Popen([runzeo, "-C", conf], stdout=self._log, stderr=self._log)
        self.pids = [self._process.pid]
        self.addresses = [("127.0.0.1", port)]

    def close(self):
        self._process.terminate()
        self._process.wait()
        self._log.close()


class Troika:
    """Three processes of troika dev; storages are made by naming them."""

    name = "3 Troika nodes"

    def __init__(self, directory, launcher):
        ready = os.path.join(directory, "ready.json")
        command = [launcher, "dev", "--processes", "--ports", "0", "--data", os.path.join(directory, "nodes")]
        command += ["--ready-file", ready, "--create-missing-storages"]
        environment = {"TROIKA_JAVA_OPTS": NODE_JAVA_OPTIONS, **os.environ}
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        try:
            nodes = self._nodes(ready)
        except BaseException:
            self.close()  # nobody else can: the caller has nothing to close yet
            raise
        self.pids = [node["pid"] for node in nodes]
        self.addresses = [(host, int(port)) for host, port in (node["zeo"].split(":") for node in nodes)]

    def _nodes(self, ready):
        began = time.monotonic()
        while not os.path.exists(ready):
            if self._process.poll() is not None:
                raise SystemExit("the nodes did not start: '%s dev' ended" % self._process.args[0])
            if time.monotonic() - began > READY_SECONDS_MAX:
                raise SystemExit("the nodes were not ready within %d s" % READY_SECONDS_MAX)
            time.sleep(0.1)
        with open(ready) as file:
            return json.load(file)["nodes"]

    def close(self):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()


# ---- What one client does; each returns (operations, seconds, latencies)


def opened(addresses, number, storage="1", **more):
    return ClientStorage([addresses[number % len(addresses)]], storage=storage, wait_timeout=60, **more)


def finish(storage, transaction):
    storage.tpc_vote(transaction)
    return storage.tpc_finish(transaction)


def commit(addresses, number, begin, seconds, objects, size):
    storage = opened(addresses, number)
    oids = [storage.new_oid() for _ in range(objects)]
    data = os.urandom(size)
    serial = z64
    latencies = []
    begin.wait()
    end = time.monotonic() + seconds
    while (began := time.monotonic()) < end:
        transaction = TransactionMetaData()
        storage.tpc_begin(transaction)
        for oid in oids:
            storage.store(oid, serial, data, "", transaction)
        serial = finish(storage, transaction)
        latencies.append(time.monotonic() - began)
    storage.close()
    return len(latencies), seconds, latencies


def load(addresses, number, begin, seconds, oids):
    storage = opened(addresses, number)
    order = list(oids)
    random.Random(number).shuffle(order)
    latencies = []
    begin.wait()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        storage._cache.clear()
        for oid in order:
            began = time.monotonic()
            if began >= end:
                break
            storage.loadBefore(oid, maxtid)
            latencies.append(time.monotonic() - began)
    storage.close()
    return len(latencies), seconds, latencies


def copy(addresses, number, begin, source, storage):
    destination = opened(addresses, number, storage)
    begin.wait()
    began = time.monotonic()
    destination.copyTransactionsFrom(ZODB.FileStorage.FileStorage(source, read_only=True))
    took = time.monotonic() - began
    destination.close()
    return COPIED_TRANSACTIONS * COPIED_RECORDS, took, [took]


def store_blob(addresses, number, begin, directory, oid):
    with tempfile.TemporaryDirectory(dir=directory) as own:
        storage = opened(addresses, number, blob_dir=os.path.join(own, "cache"))
        path = os.path.join(own, "blob")
        with open(path, "wb") as file:
            file.write(os.urandom(BLOB_BYTES))
        begin.wait()
        began = time.monotonic()
        transaction = TransactionMetaData()
        storage.tpc_begin(transaction)
        storage.storeBlob(oid, z64, b"a record", path, "", transaction)
        finish(storage, transaction)
        took = time.monotonic() - began
        storage.close()
        return BLOB_BYTES / (1 << 20), took, [took]


def load_blob(addresses, number, begin, directory, oid):
    with tempfile.TemporaryDirectory(dir=directory) as own:
        storage = opened(addresses, number + 1, blob_dir=os.path.join(own, "cache"))
        serial = storage.getTid(oid)
        begin.wait()
        began = time.monotonic()
        size = os.path.getsize(storage.loadBlob(oid, serial))
        took = time.monotonic() - began
        if size != BLOB_BYTES:
            raise SystemExit("a blob of %d bytes" % size)
        storage.close()
        return BLOB_BYTES / (1 << 20), took, [took]


def run_one(results, function, *arguments):
    results.put(function(*arguments))


def run(system, clients, first, function, *arguments):
    """The rate of all clients together and the latencies of all; the first is on that node, the others follow."""
    context = multiprocessing.get_context("spawn")
    results, begin = context.Queue(), context.Barrier(clients)
    processes = [
        context.Process(target=run_one, args=(results, function, system.addresses, number, begin, *arguments))
        for number in range(first, first + clients)
    ]
    for process in processes:
        process.start()
    answers = [results.get(timeout=300) for _ in processes]
    for process in processes:
        process.join()
    latencies = sorted(latency for answer in answers for latency in answer[2])
    return sum(count / seconds for count, seconds, _ in answers), latencies


# ---- The comparison


def fill(system):
    """The objects that are loaded."""
    storage = opened(system.addresses, 0)
    oids = [storage.new_oid() for _ in range(LOADED_OBJECTS)]
    for first in range(0, LOADED_OBJECTS, OBJECTS_A_FILL):
        transaction = TransactionMetaData()
        storage.tpc_begin(transaction)
        for oid in oids[first : first + OBJECTS_A_FILL]:
            storage.store(oid, z64, os.urandom(LOADED_BYTES), "", transaction)
        finish(storage, transaction)
    storage.close()
    return oids


def write_source(path):
    storage = ZODB.FileStorage.FileStorage(path, create=True)
    for number in range(COPIED_TRANSACTIONS):
        transaction = TransactionMetaData()
        storage.tpc_begin(transaction)
        for record in range(COPIED_RECORDS):
            oid = p64(number * COPIED_RECORDS + record)
            storage.store(oid, z64, os.urandom(COPIED_BYTES), "", transaction)
        finish(storage, transaction)
    storage.close()


def resident_megabytes(pids):
    total = 0
    for pid in pids:
        with open("/proc/%d/status" % pid) as status:
            total += next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    return total / 1024


class Bench:
    def __init__(self, systems, directory, options):
        self._systems = systems
        self._directory = directory
        self._options = options
        self._rates = {}

    def prepare(self):
        self._source = os.path.join(self._directory, "source.fs")
        write_source(self._source)
        self._oids = {system: fill(system) for system in self._systems}
        for system in self._systems:
            run(system, 8, 0, commit, self._options.warmup / 2, 1, 256)
            run(system, 8, 0, commit, self._options.warmup / 4, 100, 1024)
            run(system, 8, 0, load, self._options.warmup / 4, self._oids[system])

    def round(self, number):
        self._number = number
        seconds = self._options.seconds
        for objects, size in (1, 256), (10, 1024), (100, 1024):
            for clients in 1, 8:
                name = "commits of %d x %d B, %d clients" % (objects, size, clients)
                self._compare(name, "/s", clients, lambda system: (commit, seconds, objects, size))
        for clients in 1, 8:
            name = "cold loadBefore, %d clients" % clients
            self._compare(name, "/s", clients, lambda system: (load, seconds, self._oids[system]))
        self._compare("bulk copy", "revisions/s", 1, lambda system: (copy, self._source, "copy%d" % number))
        # Descending: a server gives out oids above the highest that it was shown, to those who commit in the next round.
        oid = p64((1 << 40) - number)
        self._compare("64 MiB blob stored", "MiB/s", 1, lambda system: (store_blob, self._directory, oid))
        self._compare("64 MiB blob loaded", "MiB/s", 1, lambda system: (load_blob, self._directory, oid))

    def _compare(self, name, unit, clients, work):
        if not any(part in name for part in self._options.only.split(",")):
            return
        for system in self._systems:
            rate, latencies = run(system, clients, self._number, *work(system))
            self._rates.setdefault(name, {}).setdefault(system.name, []).append(rate)
            p50, p99 = (latencies[int(len(latencies) * share)] * MILLIS for share in (0.5, 0.99))
            print(
                "%-34s %-15s %9.0f %-11s p50 %8.2f ms  p99 %8.2f ms" % (name, system.name, rate, unit, p50, p99),
                flush=True,
            )

    def summary(self):
        print("\n%-34s %15s %15s   ratio" % ("medians", *(system.name for system in self._systems)))
        for name, rates in self._rates.items():
            stock, ours = (rates[system.name] for system in self._systems)
            ratios = sorted(mine / theirs for mine, theirs in zip(ours, stock))
            print(
                "%-34s %15.0f %15.0f   %.2f (%.2f to %.2f)"
                % (
                    name,
                    statistics.median(stock),
                    statistics.median(ours),
                    statistics.median(ratios),
                    ratios[0],
                    ratios[-1],
                )
            )
        stock, ours = (resident_megabytes(system.pids) for system in self._systems)
        print("%-34s %15.0f %15.0f   all processes together, MiB" % ("resident memory", stock, ours))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--troika", required=True, metavar="LAUNCHER")
    parser.add_argument("--seconds", type=float, default=5, help="a figure")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warmup", type=float, default=100, help="seconds a system")
    parser.add_argument("--only", default="", help="parts of the names of what is measured, with commas")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="zeo-bench-")
    systems = []
    try:
        systems.append(Stock(directory, ["1"] + ["copy%d" % number for number in range(options.rounds)]))
        systems.append(Troika(directory, options.troika))
        bench = Bench(systems, directory, options)
        bench.prepare()
        for number in range(options.rounds):
            bench.round(number)
        bench.summary()
    finally:
        for system in systems:
            system.close()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
