import Tensors

extension Recipe {
    /// - Parameter ranks: how many train together.
    /// - Throws: ``TrainingError`` when the machine, or a limit of this process, can never give the memory that learning takes.
    func checkMemory(vocabularySize: Int, ranks: Int) throws {
        let needed = memoryEstimate(vocabularySize: vocabularySize, ranks: Double(ranks))
        guard let source = AvailableMemory().narrowest, needed > Double(source.limit) else { return }
        throw TrainingError(
            "learning would take \(mebibytes(Int(min(needed, 0x1p60)))) of memory at least, and \(source.words). "
                + "Lower batch (accumulate makes up for it) or context, say recompute, or make the model smaller"
                + (ranks > 1 ? ", or start more ranks" : ""))
    }

    /// Bytes that learning takes at least: the parameters, their gradients and two moments, and what a pass keeps of each
    /// token. Of several ranks each has a share of the experts and of the tokens, but rows for the routers of all of them.
    private func memoryEstimate(vocabularySize: Int, ranks: Double) -> Double {
        let (width, head) = (Double(hidden), Double(headSize))
        let attention = 2 * width + 5 * head * Double(heads) + 5 * head * Double(kvHeads ?? heads)
        let experts = Double(visitsPerToken) * (2 * width + 4 * Double(expertWidth))
        let shared = sharedIntermediate.map { 2 * width + 4 * Double($0) } ?? 0
        let keptLayers = Double(recompute ? 1 : layers)
        let token = keptLayers * (attention + width + experts + shared) + Double(layers + 4) * width
        let tokens = Double(batch * context)
        let logits = Double(context) * Double(vocabularySize)
        let parameters = parameterEstimate - expertEstimate * (1 - 1 / ranks)
        return 16 * parameters + 4 * (tokens * (token / ranks + keptLayers * 2 * width) + logits)
    }
}
