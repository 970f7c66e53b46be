import Mixture

extension ExpertLayout {
    var recordLayout: RecordLayout { RecordLayout(tileCount: tiles.count, payloadLength: length) }

    func header(layer: Int, expert: Int) -> RecordHeader {
        RecordHeader(
            .expert, key: Self.key(layer: layer, expert: expert),
            formats: [shape.gateFormat, shape.upFormat, shape.downFormat], rows: shape.intermediateSize,
            columns: shape.hiddenSize, layout: recordLayout)
    }

    /// Layer and expert in 16 bits each, so that keys sort as they are packed, and the tier (always 0 so far).
    static func key(layer: Int, expert: Int, tier: UInt8 = 0) -> [UInt8] {
        var key: [UInt8] = []
        key.append(bigEndian: UInt16(layer))
        key.append(bigEndian: UInt16(expert))
        key.append(tier)
        return key
    }
}
