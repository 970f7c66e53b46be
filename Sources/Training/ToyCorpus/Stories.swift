package import Tensors

/// Little children's stories of some hundred words, each with a hero, a friend, and a plot that ends well.
package struct Stories: ToyDomain {
    package let name = "stories"

    package static let grammar = Grammar(
        [StoryWorld.text, PlotsOfTrouble.text, PlotsOfFriendship.text].joined(separator: "\n\n"))
    private static let exactEntropy = grammar.entropy

    package var entropy: DocumentEntropy { Self.exactEntropy }

    package func write(into text: inout [UInt8], using random: inout RandomNumbers) -> Double {
        Self.grammar.write(into: &text, using: &random)
    }
}
