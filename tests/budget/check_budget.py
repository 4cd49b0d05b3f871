"""Counts what each operation of `budget` costs and compares it with the table.

usage: check_budget.py BUDGET TABLE [--accept]

Instructions are those that callgrind counts, allocations those that the program counts; both are
the same in every run. With --accept the table becomes what was counted.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

ACCEPT = "cmake --build --preset release --target accept-budget"
TOLERANCE_PERCENT = 1  # of an operation that is new in the table
TIMEOUT_S = 120

# Libraries choose their code by the processor. Here they all choose as on the plainest one, so that
# the figures are those of every machine.
ENVIRONMENT = {
    "PATH": os.defpath,
    "LC_ALL": "C",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-SSSE3,-SSE4_1,"
                      "-SSE4_2,-ERMS,-FSRM,-RTM,-BMI1,-BMI2,-LZCNT,-MOVBE,-POPCNT",
    "OPENSSL_ia32cap": "0:0",
    "SIMDJSON_FORCE_IMPLEMENTATION": "westmere",
}

HEADER = f"""\
# What operations cost: instructions and allocations of one, and how many percent of them it may be
# off, up or down; most of a JWT's is its digest, so that less of it is ours. Counted under
# callgrind, of the preset release. To write it anew when a change is worth its price, or has made
# something cheaper:
#   {ACCEPT}
# See README.md, "How to change it".

"""


class CannotCount(Exception):
    pass


def count(program, name, directory):
    """The instructions and allocations of one operation."""
    log = pathlib.Path(directory) / f"{name}.log"
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--toggle-collect=BudgetMeasured",
         "--callgrind-out-file=/dev/null", f"--log-file={log}", program, name],
        cwd=directory, env=ENVIRONMENT, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode != 0:
        raise CannotCount(f"{name} failed ({done.returncode}): {done.stdout}{done.stderr}"
                          f"{log.read_text() if log.exists() else ''}")
    said = json.loads(done.stdout)
    collected = int(re.search(r"Collected : (\d+)", log.read_text())[1])
    return {"instructions": round(collected / said["operations"]),
            "allocations": round(said["allocations"] / said["operations"], 2)}


def count_all(program):
    names = subprocess.check_output([program], text=True).split()
    with tempfile.TemporaryDirectory() as directory:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            counts = pool.map(lambda name: count(program, name, directory), names)
            return dict(zip(names, counts))


def plain(number):
    return f"{number:,}".removesuffix(".0")


def judge(name, kind, counted, budget):
    """What is wrong with one figure, or None."""
    slack = budget[kind] * budget["tolerance_percent"] / 100
    what = f"{name}: {plain(counted[kind])} {kind}, and the budget is {plain(budget[kind])}"
    if counted[kind] > budget[kind] + slack:
        return f"{what}. Make it cheaper; or, if it is worth its price, raise the budget: {ACCEPT}"
    if counted[kind] < budget[kind] - slack:
        return f"{what}. It has become cheaper. That it may not become dearer again unseen, " \
               f"lower the budget: {ACCEPT}"
    return None


def differences(counts, table):
    for name in counts.keys() - table.keys():
        yield f"{name} has no budget: {ACCEPT}"
    for name in table.keys() - counts.keys():
        yield f"{name} has a budget, and there is no such operation: {ACCEPT}"
    for name in counts.keys() & table.keys():
        for kind in ("instructions", "allocations"):
            wrong = judge(name, kind, counts[name], table[name])
            if wrong:
                yield wrong


def text_of(counts, table):
    lines = [HEADER]
    width = max(map(len, counts))
    for name, counted in counts.items():
        tolerance = table.get(name, {}).get("tolerance_percent", TOLERANCE_PERCENT)
        lines.append(f"{name:{width}} = {{ instructions = {counted['instructions']:_}, "
                     f"allocations = {counted['allocations']:g}, "
                     f"tolerance_percent = {tolerance:g} }}\n")
    return "".join(lines)


def show(counts, table):
    for name, counted in counts.items():
        budget = table.get(name, {"instructions": 0, "allocations": 0})
        print(f"{name:28} instructions {counted['instructions']:9,} of {budget['instructions']:9,}"
              f"   allocations {counted['allocations']:5g} of {budget['allocations']:5g}")


def main(program, table_file, *options):
    if not shutil.which("valgrind", path=ENVIRONMENT["PATH"]):
        return "check_budget: there is no valgrind; tools/install-deps --tests installs it"
    path = pathlib.Path(table_file)
    table = tomllib.loads(path.read_text()) if path.exists() else {}
    try:
        counts = count_all(os.path.abspath(program))
    except CannotCount as error:
        return f"check_budget: {error}"
    show(counts, table)
    if options == ("--accept",):
        path.write_text(text_of(counts, table))
        return 0
    wrong = sorted(differences(counts, table))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--accept"]):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
