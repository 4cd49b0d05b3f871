"""What the comparisons share: the programs, the cores, the population, one run of the load, and the
figures that come out."""

import base64
import itertools
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import time

from servers import CLIENT, Failure, exchange

ROOT = pathlib.Path(__file__).resolve().parents[2]
# nginx is in sbin, which is not on every user's path.
os.environ["PATH"] += ":/usr/sbin"
# The shortest-lived tokens of the population have a minute left; the bench takes longer.
EXTRA_LIFETIME_S = 7200
SAMPLES = 500
REST_S = 2  # until freed memory has been given back, and redis has looked at its own


class Programs:
    """Where the programs of one build are."""

    TARGETS = ("introspectd", "introspect-cli", "introspect-bench", "push", "floor", "scale")

    def __init__(self, build):
        build = pathlib.Path(build)
        self.introspectd = build / "bin/introspectd"
        self.cli = build / "bin/introspect-cli"
        self.load = build / "bin/introspect-bench"
        self.push = build / "bench/push"
        self.floor = build / "bench/floor"
        self.scale = build / "bench/scale"

    def check(self, *commands):
        """Says what is missing, and what brings it."""
        unbuilt = [str(program) for program in vars(self).values()
                   if not os.access(program, os.X_OK)]
        missing = [command for command in commands if shutil.which(command) is None]
        advice = []
        if missing:
            advice.append(f"missing: {', '.join(missing)}; run: tools/install-deps --tests")
        if unbuilt:
            advice.append(f"not built: {', '.join(unbuilt)}; run: tools/install-deps --tests && "
                          "cmake --preset release && cmake --build --preset release")
        if advice:
            raise Failure("\n".join(advice))


def two_cores():
    """The server's and the generator's."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise Failure("needs two cores, one for the server and one for the generator")
    return usable[0], usable[1]


def generate_tokens(programs, count, file, exp_of=None):
    """Writes a seeded population. It stays valid for the whole bench, unless `exp_of` says for each
    match of its exp what stands there instead."""
    exp_of = exp_of or later
    command = [programs.cli, "generate", str(count), "--seed", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as generator, open(file, "wb") as output:
        for line in generator.stdout:
            output.write(re.sub(rb'"exp":(\d+)', exp_of, line, count=1))
    if generator.returncode != 0:
        raise Failure(f"introspect-cli generate: exit {generator.returncode}")


def tokens_in(file):
    """What generate_tokens wrote."""
    with open(file) as lines:
        for line in lines:
            yield line.split('"')[7]


def write_asked(tokens, file):
    """Tokens (str) for the generator to ask about. They have no claims here, so that an answer about
    any of them is right: the floor has but one."""
    with open(file, "w") as lines:
        for token in tokens:
            lines.write('{"op":"upsert","token":"%s","claims":{}}\n' % token)


def representative_answer(server, request, tokens_file):
    """A real answer whose size is nearest to the mean of many."""
    start = request.rpartition(b"token=")[0] + b"token="
    answers = [exchange(server.url, start + token.encode())
               for token in itertools.islice(tokens_in(tokens_file), SAMPLES)]
    for answer in answers:
        if not answer.startswith(b"HTTP/1.1 200 ") or b'\r\n\r\n{"active":true' not in answer:
            raise Failure(f"not an active answer: {answer!r}")
    mean = statistics.mean(map(len, answers))
    return min(answers, key=lambda answer: abs(len(answer) - mean))


def later(exp):
    return b'"exp":%d' % (int(exp[1]) + EXTRA_LIFETIME_S)


def exported_pairs(cli, server):
    """Digest (raw bytes) and answer of every token that introspectd holds."""
    token = re.compile(rb'"token_sha256":"([\w-]+)".*?"claims":(\{.*\})')
    command = [str(part) for part in (cli, "export", *server.admin_options())]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as export:
        for line in export.stdout:
            found = token.search(line)
            if found:
                yield base64.urlsafe_b64decode(found[1] + b"=="), found[2]
    if export.returncode != 0:
        raise Failure(f"introspect-cli export: exit {export.returncode}")


def resident_bytes(server):
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1]) * 1024


def resident_at_rest(server):
    server.collect_garbage()
    time.sleep(REST_S)
    return resident_bytes(server)


def bytes_per_token(server, count, fill):
    """The resident bytes that the server grew by for each of `count` tokens."""
    before = resident_at_rest(server)
    fill()
    return (resident_at_rest(server) - before) / count


def cpu_seconds(server):
    """What all its threads have used so far, in user mode and in the kernel."""
    stat = pathlib.Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    ticks_per_s = os.sysconf("SC_CLK_TCK")
    return int(stat[11]) / ticks_per_s, int(stat[12]) / ticks_per_s


def start(command, core):
    """A child on `core` that can be talked to."""
    return subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=lambda: os.sched_setaffinity(0, {core}))


def load_command(programs, url, tokens_file):
    return [str(programs.load), "--url", url, "--client", CLIENT, "--tokens", str(tokens_file)]


def shown_request(programs, url, tokens_file):
    command = load_command(programs, url, tokens_file) + ["--show-request"]
    return subprocess.run(command, check=True, capture_output=True).stdout


class Load:
    """The generator on `core`: it reads its population when it is made, and asks in finish()."""

    def __init__(self, programs, server, tokens_file, options, core):
        self.server = server
        command = load_command(programs, server.url, tokens_file)
        self.process = start(command + ["--server-pid", server.pid, "--wait", "--json", "-",
                                        *options], core)
        if self.process.stderr.readline() != "ready\n":
            self.finish()
            raise Failure(f"load on {server.name} did not say that it is ready")

    def finish(self):
        output, error = self.process.communicate("start\n")
        if self.process.returncode != 0:
            raise Failure(f"load on {self.server.name}: exit {self.process.returncode}\n"
                          f"{output}{error}")
        return json.loads(output)


def run_load(programs, server, tokens_file, options, core):
    """One run of the generator on `core`."""
    return Load(programs, server, tokens_file, options, core).finish()


def median_of(results, figure):
    return statistics.median(result[figure] for result in results)


def ratios(results, others, figure):
    """The median, least and greatest of the ratios round by round."""
    pairs = [mine[figure] / other[figure] for mine, other in zip(results, others)]
    return {"median": statistics.median(pairs), "min": min(pairs), "max": max(pairs)}


def show_ratio(name, ratio):
    print(f"  {name}: {ratio['median']:.3f} ({ratio['min']:.3f} .. {ratio['max']:.3f})")


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"processor": model[1] if model else platform.processor(), "cores": os.cpu_count(),
            "kernel": platform.release(), "load_average": os.getloadavg()[0],
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def write_json(file, result):
    if file is not None:
        pathlib.Path(file).write_text(json.dumps(result, indent=2) + "\n")
