/// A key of a safetensors header: a tensor's name, or the one for everything else.
struct SafetensorsName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    static let metadata = SafetensorsName(stringValue: "__metadata__")
}
