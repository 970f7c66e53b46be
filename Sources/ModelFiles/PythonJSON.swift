/// JSON as Python writes it: with numbers that JSON does not have.
enum PythonJSON {
    private static let words = ["NaN", "Infinity", "-Infinity"].map { Array($0.utf8) }
    private static let firsts = Array("NI-".utf8)

    /// The same text with `NaN`, `Infinity` and `-Infinity` as strings, which a decoder can be told to take as numbers.
    static func standard(_ json: [UInt8]) -> [UInt8] {
        let (quote, escape) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        var standard: [UInt8] = []
        standard.reserveCapacity(json.count)
        var isInText = false
        var index = 0
        while index < json.count {
            let byte = json[index]
            if !isInText, firsts.contains(byte), let word = words.first(where: json[index...].starts) {
                standard += [quote] + word + [quote]
                index += word.count
                continue
            }
            standard.append(byte)
            index += 1
            if byte == quote {
                isInText.toggle()
            } else if isInText, byte == escape, index < json.count {
                standard.append(json[index])
                index += 1
            }
        }
        return standard
    }
}
