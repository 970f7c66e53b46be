"""Which strategy is fastest where, what a wrong choice costs, and what choosing does."""

import collections
import statistics

GREATEST_SHARE = 0.01  # of a layer's time, that choosing may take


def report(answers):
    """Prints it and says what is missed."""
    print("\n2. Choices")
    for shape, answer in answers.items():
        winners(shape, answer["loads"])
    for shape, answer in answers.items():
        regrets(shape, answer["loads"])
    if len(answers) > 1:
        regrets("all", [load for answer in answers.values() for load in answer["loads"]])
    print("\n3. Choosing")
    return [miss for shape, answer in answers.items() for miss in choosing(shape, answer)]


def measured(load):
    return {strategy["name"]: strategy["measured_seconds"] for strategy in load["strategies"] if strategy.get("measured_seconds")}


def predicted(load):
    return {strategy["name"]: strategy["predicted_seconds"] for strategy in load["strategies"] if strategy.get("predicted_seconds")}


def spread(load, name):
    return next((strategy.get("spread") or 0.0 for strategy in load["strategies"] if strategy["name"] == name), 0.0)


def winners(shape, loads):
    """A map: rows are what `plan` calls the load's place, columns tokens."""
    tokens = sorted({load["tokens"] for load in loads})
    places = sorted({load["place"]["layer"] for load in loads})
    print(f"\n{shape}: the fastest, and by how many percent the next takes longer (in parentheses: repetitions differ by more)")
    print(f"{'skew':>6}" + "".join(f"{count:>14}" for count in tokens))
    for place in places:
        cells = []
        for count in tokens:
            here = [load for load in loads if load["tokens"] == count and load["place"]["layer"] == place and measured(load)]
            cells.append(winner(here[0]) if here else "–")
        print(f"{place:>6}" + "".join(f"{cell:>14}" for cell in cells))
    counts = collections.Counter(min(measured(load), key=measured(load).get) for load in loads if measured(load))
    print("fastest for " + ", ".join(f"{name} {count}" for name, count in counts.most_common()) + f" of {len(loads)} loads")


def winner(load):
    times = sorted(measured(load).items(), key=lambda item: item[1])
    if len(times) == 1:
        return times[0][0]
    lead = times[1][1] / times[0][1] - 1
    text = f"{times[0][0]} {100 * lead:.0f}"
    return text if lead > max(spread(load, times[0][0]), spread(load, times[1][0])) else f"({text})"


def regrets(shape, loads):
    """How much longer than the fastest, mean and greatest over the loads."""
    tried = [load for load in loads if measured(load)]
    names = list(dict.fromkeys(name for load in tried for name in measured(load)))
    ways = {f"always {name}": [measured(load)[name] / min(measured(load).values()) for load in tried if name in measured(load)]
            for name in names}
    ways["as predicted"] = [
        measured(load)[choice] / min(measured(load).values())
        for load in tried if (choice := min(predicted(load), key=predicted(load).get, default=None)) in measured(load)]
    print(f"\n{shape}: longer than the fastest of each load")
    for way, slowdowns in ways.items():
        if slowdowns:
            print(f"{way:>18}: {statistics.fmean(slowdowns) - 1:>7.1%} on average, {max(slowdowns) - 1:>7.1%} at worst, "
                  f"none for {sum(slowdown == 1 for slowdown in slowdowns)} of {len(slowdowns)}")


def choosing(shape, answer):
    seconds = answer["choosing_seconds"]
    shortest = min(min(measured(load).values()) for load in answer["loads"] if measured(load))
    share = seconds / shortest
    print(f"{shape}: choosing takes {1e6 * seconds:.2f} µs, the shortest load {1e6 * shortest:.0f} µs: {share:.3%}")
    return [] if share <= GREATEST_SHARE else [f"choosing takes {share:.1%} for {shape}, wanted at most {GREATEST_SHARE:.0%}"]
