"""Runs the benchmarks, measures an agent at rest, and writes docs/benchmarks.md."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
SIZES = (100, 1_000, 10_000, 100_000)
REST = 30  # Seconds that the agent is watched.


def run_benchmarks(program):
    """{"apply/sunder": {100: [seconds, …]}}; contestants in turns, in random order.

    Of a pair, the rival's times are under its name with "/rival", in the same order."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        subprocess.run(
            [program, "--benchmark_enable_random_interleaving=true",
             f"--benchmark_out={out.name}", "--benchmark_out_format=json"],
            check=True, stdout=subprocess.DEVNULL)
        runs = json.load(open(out.name))["benchmarks"]
    unit = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}
    times = {}
    for one in runs:
        if one["run_type"] != "iteration":
            continue
        words = one["run_name"].split("/")
        size = next((int(w) for w in words[2:] if w.isdigit()), 0)
        name = "/".join(words[:2])
        times.setdefault(name, {}).setdefault(size, []).append(
            one["real_time"] * unit[one["time_unit"]])
        if "rival" in one:
            times.setdefault(f"{name}/rival", {}).setdefault(size, []).append(one["rival"])
    return times


def fields(path):
    return {line.split(":")[0]: int(line.split()[1]) for line in path.read_text().splitlines()
            if line.endswith("kB") or "ctxt_switches" in line}


def switches(pid):
    return sum(fields(task / "status")["voluntary_ctxt_switches"]
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def wait_for(condition, what):
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"bench: waited in vain for {what}")
        time.sleep(0.05)  # bounded wait


def at_rest(command, socket):
    """What a daemon costs that nobody calls: its memory, and how often it wakes."""
    daemon = subprocess.Popen(["unshare", "--net", *command], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        wait_for(socket.exists, f"{command[0]} to listen")
        time.sleep(2)  # bounded wait: what it does at its start is over
        begin, before = time.monotonic(), switches(daemon.pid)
        time.sleep(REST)  # bounded wait: the span that is measured
        wakeups = (switches(daemon.pid) - before) / (time.monotonic() - begin)
        rollup = fields(pathlib.Path(f"/proc/{daemon.pid}/smaps_rollup"))
    finally:
        daemon.terminate()
        daemon.wait(20)
    return {"rss_mib": rollup["Rss"] / 1024,
            "private_mib": rollup["Private_Dirty"] / 1024,
            "private_clean_mib": rollup["Private_Clean"] / 1024,
            "wakeups_per_second": wakeups}


def daemons_at_rest(folder_of_programs):
    with tempfile.TemporaryDirectory() as folder:
        agent, bare = (pathlib.Path(folder, name) for name in ("agent.sock", "bare.sock"))
        return {
            "agent": at_rest([f"{folder_of_programs}/sunder-agent", "--name", "bench", "--listen",
                              f"unix:{agent}", "--state-dir", folder], agent),
            "bare": at_rest([f"{folder_of_programs}/bare_server", f"unix:{bare}"], bare)}


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                if line.startswith("model name")), platform.machine())
    memory = fields(pathlib.Path("/proc/meminfo"))["MemTotal"] >> 20
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run(git + ["rev-parse", "--short", "HEAD"], check=True,
                            capture_output=True, text=True).stdout.strip()
    dirty = subprocess.run(git + ["diff", "--quiet", "HEAD", "--", "agent", "common", "bench"])
    return {"cpu": cpu, "processors": os.cpu_count(), "memory_gib": memory,
            "kernel": platform.release(),
            "commit": commit + (" with changes" if dirty.returncode else ""),
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
            "load": round(os.getloadavg()[0], 1)}


def duration(seconds):
    if seconds >= 1000:
        return f"{seconds:,.0f} s"
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1 or unit == "µs":
            return f"{seconds * factor:.3g} {unit}"


def spread(times):
    """Median, and the quartiles around it."""
    if len(times) < 3:
        return duration(statistics.median(times))
    low, middle, high = statistics.quantiles(times, n=4, method="inclusive")
    return f"{duration(middle)} ({duration(low)}–{duration(high)})"


def median(times, name, size):
    return statistics.median(times[name][size])


def ratio(times, name, floor, size):
    return f"{median(times, name, size) / median(times, floor, size):.3g}"


def pairs(times, name, size):
    """Of each pair: its time for each second of the rival's."""
    return [own / rival for own, rival in
            zip(times[name][size], times[f"{name}/rival"][size], strict=True)]


def spread_of_pairs(times, name, size):
    low, middle, high = statistics.quantiles(pairs(times, name, size), n=4, method="inclusive")
    return f"{middle:.3f} ({low:.3f}–{high:.3f})"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def contest(times, verb, iptables_seconds):
    rows = []
    for size in SIZES:
        own, nft = f"{verb}/sunder", f"{verb}/nft"
        forked = iptables_seconds * size
        rows.append([f"{size:,}", spread(times[own][size]), spread(times[f"{own}/rival"][size]),
                     spread_of_pairs(times, own, size),
                     spread(times[nft][size]), ratio(times, nft, own, size),
                     duration(forked), f"{forked / median(times, own, size):,.0f}"])
    return table(["endpoints", "Sunder", "kernel's floor", "× floor", "`nft -f`", "× Sunder",
                  "`iptables`, one each", "× Sunder"], rows)


def verdict(holds):
    return "yes" if holds else "**no**"


def aims(times, rest):
    agent, bare = rest["agent"], rest["bare"]
    rows = []
    stage = statistics.median(pairs(times, "apply/sunder", 10_000))
    rows.append(["apply 10,000 endpoints", "≤ 1.2 × floor", f"{stage:.3g} ×",
                 verdict(stage <= 1.2), ""])
    against = median(times, "apply/nft", 10_000) / median(times, "apply/sunder", 10_000)
    rows.append(["the same against `nft -f`", "≥ 5 × faster", f"{against:.3g} ×",
                 verdict(against >= 5), ""])
    bulk = 1 / statistics.median(pairs(times, "packet/tcp", 10_000))
    rows.append(["uncut bulk TCP, 10,000 in force", "≥ 97 %", f"{bulk:.1%}",
                 verdict(bulk >= 0.97), ""])
    for what, key, limit, unit in (("agent at rest, resident", "rss_mib", 24, "MiB"),
                                   ("of which private", "private_mib", 8, "MiB"),
                                   ("wake-ups", "wakeups_per_second", 10, "/s")):
        rows.append([what, f"≤ {limit} {unit}", f"{agent[key]:.1f} {unit}",
                     verdict(agent[key] <= limit), f"{bare[key]:.1f} {unit}"])
    return table(["what", "aim", "measured", "holds", "a bare gRPC server"], rows) + [
        "Private is what no other process could share (Private_Dirty). Another "
        f"{agent['private_clean_mib']:.1f} MiB of the agent ({bare['private_clean_mib']:.1f} of "
        "the bare server) are pages of files, program and libraries, that no other process "
        "happened to have mapped.", ""]


def packets(times):
    rows = []
    for size in (100, 1_000, 10_000):
        row = [f"{size:,}"]
        for name in ("packet/udp", "packet/tcp"):
            row += [spread(times[f"{name}/rival"][size]), spread(times[name][size]),
                    spread_of_pairs(times, name, size)]
        rows.append(row)
    return table(["endpoints in force", "small datagram, no fault", "with it", "×",
                  "1 MiB of a stream, no fault", "with it", "×"], rows)


def page(data, times):
    m, rest = data["machine"], data["at_rest"]
    append = median(times, "apply/iptables", 0)
    delete = median(times, "remove/iptables", 0)
    lines = [
        "# Benchmarks", "",
        "Written by `scripts/bench`; do not edit.", "",
        f"{m['cpu']}, {m['processors']} processors, {m['memory_gib']} GiB; Linux {m['kernel']}; "
        f"commit {m['commit']}; {m['date']}; load {m['load']} at the start.", "",
        "Times are medians, with the quartiles around them. The contestants took turns, in "
        "random order, in one network namespace. Sunder and the kernel's floor, and packets with "
        "a fault and without, were measured in pairs, one right after the other, by turns in "
        "either order; their × is the median of the pairs' ratios.", "", "## Aims", ""]
    lines += aims(times, rest)
    lines += ["## Apply", "",
              "Sunder: the request's bytes are parsed, compiled, encoded and committed. The "
              "kernel's floor: the same transaction, made before. `nft -f`: the same ruleset as "
              "text. `iptables`: one process for each endpoint, extrapolated from 200 (it gets "
              "slower the more there are).",
              ""]
    lines += contest(times, "apply", append)
    lines += ["## Update", "",
              "Sunder and the floor: the next generation is installed and opened beside the one "
              "in force, which is then removed. `nft -f`: the table deleted and made anew, which "
              "lets packets through between. `iptables`: each rule deleted and added.", ""]
    lines += contest(times, "update", append + delete)
    lines += ["## Remove", "",
              "For Sunder and the floor until the kernel has said that the table is gone; it frees "
              "the memory later.", ""]
    lines += contest(times, "remove", delete)
    lines += ["## Where Sunder's own time goes", ""]
    rows = [[f"{size:,}"] + [spread(times[name][size]) for name in
            ("stage/parse", "stage/compile", "stage/encode", "read/whole", "read/again")]
            for size in SIZES]
    lines += table(["endpoints", "parse", "compile", "encode", "first read-back (every element)",
                    "later ones"], rows)
    lines += ["## What packets pay that are not cut", "",
              "Sender and receiver in one thread, a veth between two namespaces: the kernel's "
              "time on both sides. Faults of TCP endpoints elsewhere.", ""]
    lines += packets(times)
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--print", action="store_true")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: needs root for its network namespaces")
    data = {"machine": machine()}
    times = run_benchmarks(options.bin / "bench")
    data["seconds"] = times
    data["at_rest"] = daemons_at_rest(options.bin)
    if options.json:
        options.json.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    text = page(data, times)
    if options.print:
        print(text)
    else:
        (ROOT / "docs/benchmarks.md").write_text(text)


if __name__ == "__main__":
    main()
