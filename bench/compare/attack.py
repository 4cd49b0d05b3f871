"""What the parts of bench/compare/overload share: the runs of the generator, the crowd of slow
clients, and how what was seen is shown."""

import json
import pathlib
import sys
import time

import measure
from servers import Failure
from watch import Watch, holdings

END_S_MAX = 90  # until a crowd has been closed
RETURN_S = 3  # until freed memory and descriptors have been given back
PERCENTILES = ("p50_us", "p99_us", "p999_us")


class Attack:
    """One server, the attacker's core, and runs of the generator on it."""

    def __init__(self, arguments, programs, server, core, tokens_file):
        self.arguments, self.programs, self.server = arguments, programs, server
        self.core, self.tokens_file = core, tokens_file

    def load(self, options, tokens_file=None, seconds=None):
        timed = ["--warmup", "1s", "--duration", f"{seconds or self.arguments.seconds}s"]
        return measure.Load(self.programs, self.server, tokens_file or self.tokens_file,
                            [*timed, *options], self.core)

    def good_clients(self, *more):
        """Ahead of the attacker on their core: they are to measure the server."""
        return self.load(["--rate", self.arguments.rate, "--arrivals", "poisson", "--realtime",
                          *more])

    def probing(self):
        """Options of a run that revokes tokens meanwhile."""
        _, url, _, token = self.server.admin_options()
        return ["--probe-revocation", "--admin", url, "--admin-token", token]


class Crowd:
    """Slow clients of `server`, for the length of its `with` block; then `report`."""

    def __init__(self, attack, server, request_file):
        arguments = attack.arguments
        share = arguments.slow // len(arguments.kinds)
        port = server.url.split("/")[2].split(":")[1]
        program = pathlib.Path(__file__).with_name("slow_clients.py")
        self.command = [sys.executable, "-B", program, "--port", port,
                        "--request", request_file]
        for kind in arguments.kinds:
            self.command += [f"--{kind}", share]
        self.core = attack.core

    def __enter__(self):
        self.process = measure.start(self.command, self.core)
        if self.process.stdout.readline() != "holding\n":
            raise Failure(f"slow clients: {self.process.communicate()[1]}")
        return self

    def __exit__(self, *_):
        output, error = self.process.communicate("over\n", timeout=END_S_MAX)
        if self.process.returncode != 0:
            raise Failure(f"slow clients: {error}")
        self.report = json.loads(output)


def finish_flood(load):
    """The figures of a run that asks for more than can be answered: what was still unanswered at its
    end is no failure, a wrong answer is."""
    output, error = load.process.communicate("start\n")
    if not output:
        raise Failure(f"load: exit {load.process.returncode}\n{error}")
    result = json.loads(output)
    lost = result["errors"] - result["errors_by_kind"]["unanswered"]
    if result["wrong"] or lost or result.get("probe", {}).get("active_after"):
        raise Failure(f"wrong answers, or lost requests:\n{output}{error}")
    return result


def watched(attack, action):
    """What `action` gives, and what was seen of the server before, meanwhile and afterwards."""
    before = holdings(attack.server)
    with Watch(attack.server) as watch:
        result = action()
    time.sleep(RETURN_S)
    return result, {**watch.result(), "before": before, "after": holdings(attack.server)}


def say(text):
    print(text, file=sys.stderr, flush=True)


def show_beside(what, alone, beside):
    for figure in PERCENTILES:
        of_medians = measure.median_of(beside, figure) / measure.median_of(alone, figure)
        print(f"  {what} {figure[:-3]}: {measure.median_of(alone, figure):.0f} us alone,"
              f" {measure.median_of(beside, figure):.0f} us beside, {of_medians:.2f} of medians")
        measure.show_ratio("round by round", measure.ratios(beside, alone, figure))


def show_seen(seen):
    """Of all rounds."""
    failures = [failure for one in seen for failure in one["failures"]]
    print(f"  health asked {sum(one['asked'] for one in seen)} times, {len(failures)} failures"
          f" {failures[:3]}, p99 {max(one['p99_ms'] for one in seen):.1f} ms,"
          f" longest {max(one['max_ms'] for one in seen):.1f} ms")
    for what in seen[0]["before"]:
        print(f"  {what}: {seen[0]['before'][what]} before,"
              f" {max(one['highest'][what] for one in seen)} at most, {seen[-1]['after'][what]} after")


def show_probes(probes):
    for probe in probes:
        print(f"  {probe['revoked']} revocations: acknowledged after"
              f" {probe['acknowledged_p50_us'] / 1000:.2f} ms (p50),"
              f" {probe['acknowledged_p99_us'] / 1000:.2f} ms (p99);"
              f" {probe['active_after']} answers active behind that")
