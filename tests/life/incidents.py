"""What each kind of incident of a script does to a lab. Does nothing, and says so by
returning False, where it makes no sense just then."""

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess

import oracle
from failing_calls import FILES, NETLINK
from prober import now

MOST_FAULTS = 3          # At once: else everything is cut all the time.
MOST_CLIENTS = 8
RATES = (20, 100, 300)   # Of a thousand calls.
FOREIGN = """table inet foreign{0} {{
  set s {{ type ipv4_addr; elements = {{ 192.0.2.{0} }}; }}
  chain c {{ type filter hook prerouting priority {1}; policy accept;
    ip saddr @s counter comment "theirs"; counter; }}
}}"""


def pick(things, number):
    things = list(things)
    return things[number % len(things)] if things else None


# ------------------------------------------------------------ users


def create(life, who, much):
    living = [f for f in life.journal.faults if not life.known_over(f)]
    if len(living) >= MOST_FAULTS or len(life.clients) >= MOST_CLIENTS:
        return False
    if not life.lab.controller.running and much % 8 != 0:
        return False  # Seldom in vain.
    # Two to five hosts, in the order that `who` deals them.
    members = random.Random(who).sample(life.hosts, 2 + who // 7 % 4)
    split = 1 + who // 31 % (len(members) - 1)
    one, other = sorted(members[:split]), sorted(members[split:])
    both_ways = much % 4 != 0
    words = (["partition", "--groups", ",".join(one) + "|" + ",".join(other)] if both_ways
             else ["cut", ",".join(one), ",".join(other), "--one-way"])
    pairs = {(a, b) for a in one for b in other}
    if both_ways:
        pairs |= {(b, a) for a, b in pairs}
    seconds = 2 + much // 4 % 7
    more = ["--hold"] if much // 28 % 5 == 0 else []
    more += ["--on-partial", "continue"] if much // 140 % 4 == 0 else []
    # No beginning of an id, which is hexadecimal.
    fault = oracle.Fault(f"life-{len(life.journal.faults)}", frozenset(pairs), now(),
                         seconds * 1_000_000_000)
    life.journal.faults.append(fault)

    def ended(code, instant):
        # One that held has healed when it ends by itself.
        fault.code, fault.answered = code, instant
        if more[:1] == ["--hold"] and code == oracle.DONE:
            fault.healed = instant
    life.client([*words, "--for", f"{seconds}s", "--name", fault.name, "--wait-timeout", "10s",
                 *more], ended)
    return True


def heal(life, who, much):
    if len(life.clients) >= MOST_CLIENTS:
        return False
    if much % 5 == 0:
        # Of what it finds there: what a report knew before.
        known = life.listed()
        return life.client(["heal", "--everyones", "--wait-timeout", "10s"],
                           lambda code, instant: life.healed(known, code, instant))
    fault = pick(life.journal.faults[-3:], who)
    if fault is None or fault.name not in life.listed():
        return False
    return life.client(["heal", fault.name, "--wait-timeout", "10s"],
                       lambda code, instant: life.healed([fault.name], code, instant))


def holder_gone(life, who, _):
    client = pick(life.clients, who)
    return client is not None and client.kill() is None


def stop_client(life, who, _):
    client = pick([c for c in life.clients if not c.stopped], who)
    return client is not None and client.stop(True) is None


def continue_client(life, who, _):
    client = pick([c for c in life.clients if c.stopped], who)
    return client is not None and client.stop(False) is None


# ------------------------------------------------------------ agents and their hosts


def kill_agent(life, who, _):
    return life.kill(f"agent {life.host(who)}")


def start_agent(life, who, much):
    dead = [h for h in life.hosts if not life.lab.agent(h).running]
    if not dead and much % 32 != 0:
        return False
    # Sometimes one that lives: a restart.
    name = f"agent {pick(dead, who) if dead else life.host(who)}"
    life.kill(name)
    return life.start(name)


def stop_agent(life, who, _):
    return life.stop(f"agent {life.host(who)}")


def continue_agent(life, who, _):
    return life.resume(pick([f"agent {h}" for h in life.hosts
                             if f"agent {h}" in life.stopped], who))


def set_latch(life, who, _):
    host = life.host(who)
    if host in life.latched:
        return False
    life.interfere(host)
    done = life.last_resort(host, "--heal-all")
    if done.code == 0:
        life.latched[host] = now()
    life.interfere(host)
    return True


def release_latch(life, who, _):
    return life.release_latch(pick(life.latched, who))


def flush(life, who, _):
    host = life.host(who)
    tables = [t for t in life.tables(host) if t.startswith("sunder_")]
    life.interfere(host)
    for table in tables:
        # An agent may be faster.
        life.lab.host(host).run(["nft", "delete", "table", "inet", table])
    life.interfere(host)
    return bool(tables)


def foreign(life, who, much):
    host = life.host(who)
    number = 1 + len(life.foreign_tables)
    life.foreign_tables.append(number)
    life.lab.host(host).run(["nft", "-f", "-"], stdin=FOREIGN.format(
        number, (-400, -300, 0, 10)[much % 4])).check()
    life.remember_foreign(host)
    return True


def inspect(life, who, _):
    life.check_foreign(life.host(who))
    return True


def fail_netlink(life, who, much):
    host = life.host(who)
    life.interference_begins(host)
    life.failing[f"agent {host}"].fail(NETLINK, pick(RATES, much))
    return True


def fail_files(life, who, much):
    host = life.host(who)
    life.interference_begins(host)
    life.failing[f"agent {host}"].fail(FILES, pick(RATES, much))
    return True


def fail_controller_files(life, _, much):
    life.failing["controller"].fail(FILES, pick(RATES, much))
    return True


def calm(life, who, _):
    name = pick([n for n, f in life.failing.items() if f.failing()], who)
    if name is None:
        return False
    life.calm(name)
    return True


# ------------------------------------------------------------ disks


def fill(folder):
    """Fills the disk below a folder."""
    with open(folder / "ballast", "ab", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    return True


def freeze(folder, frozen):
    """Makes the disk read-only, or no longer. False: somebody has a file open there."""
    how = "ro" if frozen else "rw"
    return subprocess.run(["mount", "-o", f"remount,{how}", folder], check=False,
                          capture_output=True).returncode == 0


def fill_agent_disk(life, who, _):
    return fill_unless_frozen(life, life.host(who))


def freeze_agent_disk(life, who, _):
    host = pick([h for h in life.hosts if not life.lab.agent(h).running], who)
    return host is not None and life.freeze(host)


def fill_disk(life, *_):
    return fill_unless_frozen(life, "controller")


def freeze_disk(life, *_):
    return not life.lab.controller.running and life.freeze("controller")


def fill_unless_frozen(life, folder):
    return folder not in life.frozen and fill(life.disk(folder))


def free_disks(life, *_):
    return life.free_disks()


def copy_disk(life, *_):
    life.copy.unlink(missing_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(
                f"file:{life.disk('controller') / 'controller.db'}?mode=ro", uri=True,
                timeout=1)) as database:
            database.execute("VACUUM INTO ?", [str(life.copy)])
    except sqlite3.Error:  # Its disk is full or damaged, or it is not there.
        life.copy.unlink(missing_ok=True)
        return False
    return True


def restore_disk(life, _, much):
    """An old copy of the database, or none."""
    if not life.copy.exists() or "controller" in life.frozen:
        return False
    life.kill("controller")
    life.remove_database()
    life.damaged = False
    if much % 3 != 0:
        life.free_disks()
        shutil.copy(life.copy, life.disk("controller") / "controller.db")
    return True


def damage_disk(life, who, much):
    path = life.disk("controller") / "controller.db"
    if not path.exists() or "controller" in life.frozen:
        return False
    life.kill("controller")
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        if much % 2:
            file.truncate(who % size)
        else:
            file.seek(who % size)
            file.write(bytes([0xA5] * 512))
    life.damaged = True
    return True


# ------------------------------------------------------------ controller


def kill_controller(life, *_):
    return life.kill("controller")


def start_controller(life, _, much):
    if life.lab.controller.running and much % 64 != 0:
        return False
    life.kill("controller")
    return life.start("controller")


def stop_controller(life, *_):
    return life.stop("controller")


def continue_controller(life, *_):
    return life.resume("controller")


def befall(life, incident):
    """Does it; whether there was anything to do."""
    return globals()[incident.kind.replace("-", "_")](life, incident.who, incident.much)
