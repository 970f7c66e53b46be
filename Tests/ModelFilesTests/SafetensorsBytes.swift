import Foundation

/// Builds safetensors files, possible and impossible ones.
struct SafetensorsBytes {
    struct Tensor {
        var name: String
        var type: String
        var shape: [Int]
        var bytes: [UInt8]
        /// Where the header says it is; nil: where it really is.
        var offsets: [Int]?
    }

    var tensors: [Tensor] = []
    /// What the first 8 bytes say; nil: the truth.
    var headerLength: UInt64?

    mutating func change(_ name: String, _ body: (inout Tensor) -> Void) {
        for index in tensors.indices where tensors[index].name == name { body(&tensors[index]) }
    }

    var encoded: [UInt8] {
        var entries = [#""__metadata__":{"format":"pt"}"#]
        var data: [UInt8] = []
        for tensor in tensors {
            let offsets = tensor.offsets ?? [data.count, data.count + tensor.bytes.count]
            entries.append(
                #""\#(tensor.name)":{"dtype":"\#(tensor.type)","shape":\#(tensor.shape),"data_offsets":\#(offsets)}"#)
            data += tensor.bytes
        }
        var header = "{" + entries.joined(separator: ",") + "}"
        header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        return bytes(headerLength ?? UInt64(header.utf8.count)) + Array(header.utf8) + data
    }
}
