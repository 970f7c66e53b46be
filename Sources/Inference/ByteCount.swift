/// Writes sizes as people read them: `6.2 GiB`.
public func formatted(bytes: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1024, unit < units.count - 1 {
        value /= 1024
        unit += 1
    }
    if unit == 0 { return "\(bytes) B" }
    let tenths = Int((value * 10).rounded())
    return value >= 100 ? "\(Int(value.rounded())) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
}

/// A budget as one types it, `45M`: rounded up, with half a MiB to spare, since a program is not always of the same size.
func budgetArgument(_ bytes: Int) -> String { "\((bytes + (3 << 19) - 1) >> 20)M" }
