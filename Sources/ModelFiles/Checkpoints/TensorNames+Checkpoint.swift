extension TensorNames {
    static let checkpoint = TensorNames(
        tokenEmbedding: ["token_embedding"],
        outputNorm: ["output_norm"],
        output: ["output"],
        attentionNorm: ["layers.{layer}.attention_norm"],
        query: ["layers.{layer}.query"],
        key: ["layers.{layer}.key"],
        value: ["layers.{layer}.value"],
        attentionOutput: ["layers.{layer}.attention_output"],
        expertNorm: ["layers.{layer}.expert_norm"],
        gate: ["layers.{layer}.router.gate"],
        expertGate: [.expert("layers.{layer}.experts.gate")],
        expertUp: [.expert("layers.{layer}.experts.up")],
        expertDown: [.expert("layers.{layer}.experts.down")],
        queryNorm: ["layers.{layer}.query_norm"],
        keyNorm: ["layers.{layer}.key_norm"],
        routerBias: ["layers.{layer}.router.bias"],
        routerThresholds: ["layers.{layer}.router.thresholds"],
        routerTable: ["layers.{layer}.router.table"],
        sharedGate: ["layers.{layer}.shared.gate"],
        sharedUp: ["layers.{layer}.shared.up"],
        sharedDown: ["layers.{layer}.shared.down"])

}
