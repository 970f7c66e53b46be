"""One line of the table: what was compared, the figure, and the bound that it must keep."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    what: str
    figure: str
    bound: str
    passed: bool

    def __str__(self):
        return f"{'ok  ' if self.passed else 'FAIL'}  {self.what:<74} {self.figure:>17}   {self.bound}"


def at_most(what, figure, bound):
    return Finding(what, f"{figure:.2e}", f"at most {bound:g}", bool(figure <= bound))


def at_least(what, share, bound):
    return Finding(what, f"{share:.3%}", f"at least {bound:.0%}", bool(share >= bound))


def none_of(what, failures, count):
    return Finding(what, f"{failures} of {count}", "none differs", failures == 0)


def for_comparison(what, figure):
    """A figure of the references alone, to judge the others by."""
    return Finding(what, figure, "for comparison", True)
