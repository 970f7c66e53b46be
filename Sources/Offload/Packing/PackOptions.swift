package import ModelFiles

/// How a model is packed.
package struct PackOptions: Sendable, Equatable {
    /// What float weights are turned into; nil keeps every tensor as it is. Norms and gates are f32 always.
    package var quantization: Quantization?
    /// The same for the tensors outside the experts; nil: as ``quantization``.
    package var denseQuantization: Quantization?
    /// Bytes that experts' tiles are cut to.
    package var tileBytes = 512 << 10
    /// What the manifest names as the packing program.
    package var createdBy = "offstage"
    /// Bytes that are kept in memory before they are written.
    package var bytesPerCommit = 16 << 20
    /// Bytes LMDB may use, instead of what the model needs: for tests of a full disk.
    package var capacity: Int?

    package init(quantization: Quantization? = nil, denseQuantization: Quantization? = nil) {
        self.quantization = quantization
        self.denseQuantization = denseQuantization
    }

    /// What float weights of experts, or of all else, are turned into.
    package func quantization(of role: TensorRole) -> Quantization? {
        role.isExpert ? quantization : denseQuantization ?? quantization
    }
}

/// How far packing has come.
package struct PackProgress: Sendable, Equatable {
    /// Bytes of the store's records.
    package var bytesDone = 0
    package var bytesTotal: Int
    package var expertsDone = 0
    package var expertsTotal: Int
}
