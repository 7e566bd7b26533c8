"""What the demonstration shows. Plain text where no terminal watches."""

import os
import sys
import time

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
WIDTH = 78


class Screen:
    def __init__(self, out=None):
        self._out = out or sys.stdout
        self._styled = self._out.isatty() and "NO_COLOR" not in os.environ
        self._began = time.monotonic()
        self._after_step = False

    def style(self, text, *styles):
        if not self._styled or not styles:
            return text
        return f"\033[{';'.join(_STYLES[s] for s in styles)}m{text}\033[0m"

    def line(self, text=""):
        self._after_step = False
        print(text, file=self._out, flush=True)

    def title(self, text, under):
        self.line()
        self.line(f"  {self.style(text, 'bold')}")
        self.line(f"  {self.style(under, 'dim')}")

    def step(self, text):
        """A new chapter, with the time since the demonstration began."""
        at = f"{time.monotonic() - self._began:6.1f} s"
        if not self._after_step:
            self.line()
        self.line(f"{self.style(at, 'cyan')}  {self.style(text, 'bold')}")
        self._after_step = True

    def note(self, text, *styles):
        self.line(f"{'':10}{self.style(text, *styles)}")

    def command(self, text):
        self.note(f"$ {text}", "yellow")

    def matrix(self, shares, sides):
        """Who hears whom: a row for each sender, a column for each receiver."""
        bar = self.style(" │", "dim")
        header = bar.join("".join(f"{n:>5}" for n in side) for side in sides)
        self.line()
        self.note(f"{'from   to':<9}{header}")
        for number, rows in enumerate(sides):
            if number:
                rule = "─┼".join("─" * 5 * len(side) for side in sides)
                self.note(f"{'':9}{self.style(rule, 'dim')}")
            for sender in rows:
                cells = bar.join("".join(self._cell(shares, sender, receiver) for receiver in side)
                                 for side in sides)
                self.note(f"{sender:<9}{cells}")

    def _cell(self, shares, sender, receiver):
        if sender == receiver:
            return self.style("    ·", "dim")
        part = shares.get((sender, receiver))
        if part is None:   # Nothing was even sent.
            return "    ?"
        if part == 1:
            return self.style("    ●", "green")
        if part == 0:
            return self.style("    ✗", "red", "bold")
        return self.style(f"{part:5.0%}"[-5:], "yellow")

    def table(self, rows, *styles):
        """Rows of cells, the first of them the header; numbers stand to the right."""
        widths = [max(len(str(cell)) for cell in column) for column in zip(*rows)]
        self.line()
        for number, row in enumerate(rows):
            cells = [str(c).ljust(w) if i == 0 else str(c).rjust(w)
                     for i, (c, w) in enumerate(zip(row, widths))]
            self.note("   ".join(cells), *(("dim",) if number == 0 else styles))

    def verdict(self, ok, text):
        mark = self.style("✓", "green", "bold") if ok else self.style("✗", "red", "bold")
        self.note(f"{mark} {text}", *(() if ok else ("red",)))


def milliseconds(ns, sign=""):
    """For people: two decimals below ten, else one. `sign` "+" shows it always."""
    value = ns / 1e6
    return f"{value:{sign}.{2 if abs(value) < 10 else 1}f} ms"
