package import ModelFiles
package import Tensors

extension Store {
    /// Bytes of memory that all dense weights take once they are loaded. Loading takes ``stagingBytes`` more.
    package var denseBytes: Int { DenseMemory.bytes(for: dense.values.map(\.layout)) }

    /// Bytes of memory that ``loadDense(_:)`` takes until it returns.
    package var stagingBytes: Int { DenseLoading.stagingBytes(for: dense.values.map(\.layout)) }

    /// Reads dense tensors into memory, all of them if none are named.
    ///
    /// - Parameter source: read instead of the store's own file.
    /// - Throws: ``StoreError`` when one is damaged, ``ReadError`` when one cannot be read.
    package func loadDense(
        _ roles: [TensorRole]? = nil, reading source: (any ReadSource)? = nil
    ) throws -> [TensorRole: WeightMatrix] {
        let roles = roles ?? TensorRole.dense(of: manifest.architecture)
        let tensors = roles.map { role in
            guard let tensor = dense[role] else {
                preconditionFailure("\(role.name) is no dense tensor of \(path)")
            }
            return (role, tensor)
        }
        let memory = try DenseMemory(tensors.map { ($0.0, $0.1.layout) })
        let parts = tensors.flatMap { role, tensor in
            tensor.layout.parts.indices.map { index in
                DensePart(
                    role: role, index: index, layout: tensor.layout, offset: tensor.offsets[index],
                    memory.place(of: role))
            }
        }
        try DenseLoading(parts, path: path).run(source ?? file)
        return memory.matrices
    }
}

/// Memory for dense tensors.
private final class DenseMemory {
    private let matrixMapping: Mapping
    private let vectorMapping: Mapping
    private(set) var matrices: [TensorRole: WeightMatrix] = [:]
    private var places: [TensorRole: UnsafeMutableRawPointer] = [:]

    init(_ tensors: [(role: TensorRole, layout: DenseLayout)]) throws {
        let layouts = tensors.map(\.layout)
        matrixMapping = try Mapping(layouts.reduce(0) { $0 + ($1.isVector ? 0 : Self.room(for: $1)) })
        // A vector's group has room for 15 more rows, which are never touched and so take no memory.
        vectorMapping = try Mapping(layouts.reduce(0) { $0 + ($1.isVector ? Self.room(for: $1) : 0) }, hugePages: false)
        var (matrixEnd, vectorEnd) = (0, 0)
        for (role, layout) in tensors {
            let mapping = layout.isVector ? vectorMapping : matrixMapping
            let start = layout.isVector ? vectorEnd : matrixEnd
            let place = mapping[start..<start + Self.room(for: layout)].baseAddress!
            places[role] = place
            matrices[role] = WeightMatrix(
                format: layout.format, rows: layout.rows, columns: layout.columns, bytes: place, owner: mapping)
            if layout.isVector { vectorEnd += Self.room(for: layout) } else { matrixEnd += Self.room(for: layout) }
        }
    }

    func place(of role: TensorRole) -> UnsafeMutableRawPointer { places[role]! }

    static func bytes(for layouts: [DenseLayout]) -> Int {
        let matrices = layouts.reduce(0) { $0 + ($1.isVector ? 0 : room(for: $1)) }
        let vectors = layouts.reduce(0) { $0 + ($1.isVector ? pages(for: $1.length) : 0) }
        return Mapping.rounded(matrices) + vectors
    }

    private static func room(for layout: DenseLayout) -> Int {
        let bytes = layout.format.packedBytes(rows: layout.rows, columns: layout.columns)!
        return layout.isVector ? pages(for: bytes) : (bytes + 63) / 64 * 64
    }

    private static func pages(for bytes: Int) -> Int { (bytes + 4095) / 4096 * 4096 }
}
