/// How a token of a generated text finds its experts: what is left of a router when training is over.
public struct Routing: Codable, Sendable, Equatable {
    /// Which experts a token visits.
    public enum Selection: String, Codable, Sendable {
        /// Those of its highest scores; with a bias or groups, of its highest shares and the bias, a share being the
        /// softmax over all experts' scores, or the sigmoid where weights are made of sigmoids.
        case topK
        /// All whose share of the token (the softmax over all experts' scores) exceeds the expert's own threshold;
        /// perhaps none, perhaps all.
        case threshold
        /// The one that a table names for the token's id.
        case table
    }

    /// What a visit counts, made of the gate's scores.
    public enum Weighting: String, Codable, Sendable {
        /// The softmax over the chosen experts' scores.
        case softmaxOfChosen
        /// The softmax over all experts' scores, as it is.
        case softmax
        case sigmoid
        /// The sigmoids, divided by their sum over the chosen experts.
        case sigmoidOfChosen
        /// 1, whatever the scores: then there is no gate.
        case constant
    }

    /// The router that the model was trained with, for people to read.
    public var name: String
    public var selection: Selection
    public var weighting: Weighting
    /// A factor to all weights.
    public var scale: Float
    /// Groups that the experts fall into, one after the other.
    public var groups: Int
    /// Groups that a token may choose from (DeepSeek-AI, 2024, arXiv 2412.19437, section 2.1.2).
    public var allowedGroups: Int
    /// Whether a bias is added to the shares that experts are chosen by (Wang et al., 2024, arXiv 2408.15664).
    public var hasBias: Bool

    public init(
        name: String, selection: Selection = .topK, weighting: Weighting, scale: Float = 1, groups: Int = 1,
        allowedGroups: Int = 1, hasBias: Bool = false
    ) {
        self.name = name
        self.selection = selection
        self.weighting = weighting
        self.scale = scale
        self.groups = groups
        self.allowedGroups = allowedGroups
        self.hasBias = hasBias
    }

    /// The softmax over the k best scores (Jiang et al., 2024, arXiv 2401.04088).
    public static let mixtral = Routing(name: "top-k", weighting: .softmaxOfChosen)

    /// The softmax over all scores, as it is.
    static let softmaxOfAll = Routing(name: "top-k", weighting: .softmax)

    /// Whether scores are needed at all.
    public var hasGate: Bool { weighting != .constant }
}
