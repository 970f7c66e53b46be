"""How far predicted times are from measured ones."""

import math
import statistics
from dataclasses import dataclass

GREATEST_ERROR = 0.10
LEAST_CORRELATION = 0.95
CERTAIN = 0.10  # greatest difference between halves of the repetitions


@dataclass(frozen=True)
class Point:
    shape: str
    strategy: str
    load: int
    tokens: int
    predicted: float
    measured: float
    spread: float

    def error(self, factor=1.0):
        return abs(factor * self.predicted - self.measured) / self.measured

    def counted_error(self, factor=1.0):
        """0 where it is within what repetitions differ by, if that is much."""
        error = self.error(factor)
        return 0.0 if self.spread > CERTAIN and error <= self.spread else error


def points(answers):
    return [
        Point(shape, strategy["name"], index, load["tokens"], strategy["predicted_seconds"], strategy["measured_seconds"],
              strategy.get("spread") or 0.0)
        for shape, answer in answers.items()
        for index, load in enumerate(answer["loads"])
        for strategy in load["strategies"]
        if strategy.get("predicted_seconds") and strategy.get("measured_seconds")
    ]


def report(answers):
    """Prints it and says what is missed."""
    print("\n1. Predictions")
    for shape, answer in answers.items():
        machine = answer["constants"]
        print(f"{shape}: {machine['threads']} threads; memory read at {machine['bandwidth_alone'] / 1e9:.1f} GB/s alone, "
              f"{machine['bandwidth_together'] / 1e9:.1f} together; loop {1e6 * machine['loop']:.1f} µs, step "
              f"{1e6 * machine['step']:.2f} µs, unit {1e6 * machine['unit']:.2f} µs")
    found = points(answers)
    certain = [point for point in found if point.spread <= CERTAIN]
    uncertain = [point for point in found if point.spread > CERTAIN]
    print(f"{len(found)} times, of which the halves of {len(uncertain)} differ by more than {CERTAIN:.0%}; the median difference "
          f"is {statistics.median(point.spread for point in found):.1%}")
    print(f"\n{'':34}{'times':>6} {'error':>7} {'counted':>8} {'within':>7} {'correlation':>12}")
    whole = line("as predicted, all", found)
    for shape in answers:
        line(f"  {shape}", [point for point in found if point.shape == shape])
    line("  halves agree", certain)
    line("  halves do not", uncertain)
    # Every other load: neighbors are alike, so both halves are about all of them.
    factors = {name: fitted([point for point in found if point.strategy == name and point.load % 2 == 0])
               for name in names(found)}
    rest = [point for point in found if point.load % 2 == 1]
    line("the other half, as predicted", rest)
    scaled = line("the other half, with factors", rest, factors)
    print("factors: " + ", ".join(f"{name} {factor:.3f}" for name, factor in factors.items()))
    biases(found)
    return verdict("as predicted", whole) + verdict("with factors", scaled)


def line(title, some, factors=None):
    """Prints the measures of some points. Returns the counted error and the correlation."""
    if not some:
        print(f"{title:34}{0:>6}")
        return math.nan, math.nan
    factor = lambda point: (factors or {}).get(point.strategy, 1.0)
    errors = [point.error(factor(point)) for point in some]
    counted = statistics.fmean(point.counted_error(factor(point)) for point in some)
    correlated = correlation([factor(point) * point.predicted for point in some], [point.measured for point in some])
    print(f"{title:34}{len(some):>6} {statistics.fmean(errors):>7.1%} {counted:>8.1%} "
          f"{sum(error <= GREATEST_ERROR for error in errors) / len(errors):>7.0%} {correlated:>12.4f}")
    return counted, correlated


def correlation(x, y):
    if len(x) < 2 or len(set(x)) < 2 or len(set(y)) < 2:
        return math.nan
    return statistics.correlation(x, y)


def fitted(some):
    """The factor that is right in the middle: one load that was disturbed does not move it."""
    return statistics.median(point.measured / point.predicted for point in some) if some else 1.0


def names(some):
    return list(dict.fromkeys(point.strategy for point in some))


def biases(found):
    """Where predictions are too high or too low in the middle, whatever the loads are."""
    for shape in dict.fromkeys(point.shape for point in found):
        own = [point for point in found if point.shape == shape]
        tokens = sorted({point.tokens for point in own})
        print(f"\n{shape}: predicted over measured, median of the loads\n{'tokens':>12}" + "".join(f"{count:>7}" for count in tokens))
        for name in names(own):
            cells = [[p.predicted / p.measured for p in own if (p.strategy, p.tokens) == (name, count)] for count in tokens]
            print(f"{name:>12}" + "".join(f"{statistics.median(cell):>7.2f}" if cell else f"{'–':>7}" for cell in cells))


def verdict(title, found):
    error, correlated = found
    missed = []
    if not error <= GREATEST_ERROR:
        missed.append(f"error {title} of {error:.1%}, wanted at most {GREATEST_ERROR:.0%}")
    if not correlated >= LEAST_CORRELATION:
        missed.append(f"correlation {title} of {correlated:.3f}, wanted at least {LEAST_CORRELATION}")
    return missed
