/// The named databases of a store.
enum Database: String, CaseIterable, Sendable {
    case manifest, tokenizer, dense, experts, profile

    var index: Int { Self.allCases.firstIndex(of: self)! }
}
