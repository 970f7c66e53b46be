extension RoutingTable {
    /// The same routes as if every token had passed alone, one after the other, the way a text is written.
    ///
    /// A causal router sends a token to the same experts whether it is read with others or written.
    package consuming func tokenByToken() -> RoutingTable {
        passes = passes.flatMap { pass in
            pass.tokens.map { token in
                Pass(
                    tokens: token..<token + 1, phase: pass.phase, text: pass.text,
                    position: pass.position + token - pass.tokens.lowerBound)
            }
        }
        return self
    }
}
