import Tensors

#if canImport(Glibc)
    import Glibc
#endif

/// Days of two centuries, each as likely as the others, with their day of the week: `3 March 1987 is a Tuesday`.
struct Dates: ToyDomain {
    let name = "dates"

    private static let years = 1900..<2100
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    /// From the day of the week of 1 January 1900.
    private static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    private static let dayCount = years.reduce(0) { $0 + daysInMonths(of: $1).reduce(0, +) }
    private static let exactEntropy = DocumentEntropy(
        nats: log(Double(dayCount)),
        characters: Double((0..<dayCount).reduce(0) { $0 + text(of: $1).utf8.count }) / Double(dayCount))

    var entropy: DocumentEntropy { Self.exactEntropy }

    func write(into text: inout [UInt8], using random: inout RandomNumbers) -> Double {
        text += Self.text(of: Int.random(in: 0..<Self.dayCount, using: &random)).utf8
        return log(Double(Self.dayCount))
    }

    /// A day, counted from 1 January 1900.
    static func text(of day: Int) -> String {
        let weekday = weekdays[day % 7]
        // The year that this day would be in were all years of the greatest length is at most one too early.
        var year = years.lowerBound + day / 366
        var rest = day - daysBefore(year)
        while rest >= daysInMonths(of: year).reduce(0, +) {
            rest -= daysInMonths(of: year).reduce(0, +)
            year += 1
        }
        var month = 0
        let lengths = daysInMonths(of: year)
        while rest >= lengths[month] {
            rest -= lengths[month]
            month += 1
        }
        return "\(rest + 1) \(months[month]) \(year) is a \(weekday)"
    }

    private static func daysBefore(_ year: Int) -> Int {
        let leapYears = (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400
        let leapYearsBefore1900 = 1899 / 4 - 1899 / 100 + 1899 / 400
        return (year - years.lowerBound) * 365 + leapYears - leapYearsBefore1900
    }

    private static func daysInMonths(of year: Int) -> [Int] {
        let isLeapYear = year % 4 == 0 && year % 100 != 0 || year % 400 == 0
        return [31, isLeapYear ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    }
}
