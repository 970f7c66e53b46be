/// A way of cutting text by the name that GGUF files have for it (`tokenizer.ggml.pre`): llama.cpp's names, with the
/// expressions of the models' own `tokenizer.json`.
struct PreTokenizer: Sendable {
    /// The first is the one that a file is written with.
    let names: [String]
    let splits: [TextSplit]
    /// Whether a word that is a piece is taken as one, whatever the merges say.
    var ignoresMerges = false
    /// Whether a text begins with the beginning mark where a file does not say.
    var addsBeginning = false

    /// All that are known.
    static let known: [PreTokenizer] = [
        PreTokenizer(
            [
                "gpt-2", "phi-2", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "gigachat", "a.x-4.0", "mellum",
                "modern-bert", "exaone4", "mpt", "olmo", "jais", "trillion", "granite-docling",
            ], gpt2),
        PreTokenizer(
            [
                "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
                "jina-v5-nano",
            ], llama3, ignoresMerges: true, addsBeginning: true),
        PreTokenizer(["glm4", "glm5"], llama3, ignoresMerges: true),
        PreTokenizer(["chatglm-bpe", "dbrx", "smaug-bpe"], llama3),
        PreTokenizer(
            [
                "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open",
                "grok-2",
            ], qwen2),
        PreTokenizer(["qwen35"], qwen35),
        PreTokenizer(
            ["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b", "mellum2"],
            #"\p{N}"#, gpt2),
        PreTokenizer(["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"], gpt4o),
        PreTokenizer(["tekken"], tekken, ignoresMerges: true, addsBeginning: true),
        PreTokenizer(
            ["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"], #"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+", deepSeek3),
        PreTokenizer(
            ["deepseek-coder"], "[\r\n]", #"\s?\p{L}+"#, #"\s?\p{P}+"#, "[一-龥ࠀ-一가-\u{D7FF}]+", #"\p{N}"#),
        PreTokenizer(
            ["deepseek-llm"], "[\r\n]", deepSeekLetters, "\\s?[!-/:-~！-／：-～‘-‟\u{3000}-。]+", #"\s+$"#,
            "[一-龥ࠀ-一가-\u{D7FF}]+", #"\p{N}+"#),
        PreTokenizer(["spark2_5"], #"\p{N}{1,3}"#, "[一-龥\u{3040}-ゟ゠-ヿ]+", spark, #"\p{N}"#),
        PreTokenizer(["kimi-k2"], kimi),
        PreTokenizer(["laguna"], "[^\n]+|[\n]+", qwen2),
        PreTokenizer(["bailingmoe", "bailingmoe2", "llada-moe"], bailing),
        PreTokenizer(["seed-coder"], seedCoder),
        PreTokenizer(["youtu"], youtuScripts, youtu, ignoresMerges: true),
        PreTokenizer(["minicpm5"], #"\p{N}{1,3}"#, minicpm5, ignoresMerges: true),
        PreTokenizer(["ufakzeka"], ufakzeka),
        PreTokenizer(["jais-2"], jais2),
        PreTokenizer(["falcon"], #"[\p{P}\$\+<=>\^~\|`]+"#, gpt2, "[0-9][0-9][0-9]"),
        PreTokenizer(["bloom", "poro-chat", "gpt3-finnish"], bloom),
        PreTokenizer(["viking"], bloom, #"\p{N}"#),
        PreTokenizer(["default"], #"[\p{P}\$\+<=>\^~\|]+"#, gpt2, #"\p{N}+"#, "[0-9][0-9][0-9]"),
    ]

    /// The one of a name; nil for one that is not known.
    init?(named name: String) {
        guard let found = Self.known.first(where: { $0.names.contains(name) }) else { return nil }
        self = found
    }

    /// The one that cuts as `splits` do.
    init?(splits: [TextSplit], ignoresMerges: Bool) {
        guard let rules = try? splits.map(SplitRule.init) else { return nil }
        let found = Self.known.first {
            $0.ignoresMerges == ignoresMerges && (try? $0.splits.map(SplitRule.init)) == rules
        }
        guard let found else { return nil }
        self = found
    }

    private init(_ names: [String], _ patterns: String..., ignoresMerges: Bool = false, addsBeginning: Bool = false) {
        self.names = names
        splits = patterns.map { TextSplit($0) }
        self.ignoresMerges = ignoresMerges
        self.addsBeginning = addsBeginning
    }
}

/// The expressions, as the models' own files have them.
extension PreTokenizer {
    /// That of GPT-2 (Radford et al., 2019), which `ByteLevel` stands for in a `tokenizer.json`.
    static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

    private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    private static let letters = #"[^\r\n\p{L}\p{N}]?\p{L}+"#
    private static let others = #" ?[^\s\p{L}\p{N}]+[\r\n]*"#
    private static let spaces = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
    private static let upper = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#
    private static let lower = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#

    private static let llama3 = "\(contractions)|\(letters)|\\p{N}{1,3}|\(others)|\(spaces)"
    private static let qwen2 = "\(contractions)|\(letters)|\\p{N}|\(others)|\(spaces)"
    private static let qwen35 =
        "\(contractions)|" + #"[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|"# + spaces
    private static let gpt4o =
        cased("\(contractions)?") + #"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + spaces
    private static let tekken = cased("") + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + spaces
    private static let deepSeek3 =
        ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|"##
        + #" ?[\p{P}\p{S}]+[\r\n]*|"# + spaces
    private static let spark = deepSeek3.replacing(#"[\r\n]*|\s*[\r\n]+|"#, with: #"|[\r\n]|"#)
    private static let bailing =
        #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
    private static let seedCoder = "\(contractions)|\(letters)" + #"|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|"# + spaces
    private static let minicpm5 = "\(contractions)|\(letters)|\\p{N}+|\(others)|\(spaces)"
    private static let ufakzeka = "\(letters)|\\p{N}|\(others)|\(spaces)"
    private static let youtuScripts = "[가-힣ㄱ-ㆎ]+|[！…“”‘’—：；，、-〿︰-﹏]+|[ㄅ-ㄯ]+|[一-龥\u{3040}-ゟ゠-ヿ]+"
    private static let youtu = cased("\(contractions)?") + #"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"# + spaces
    private static let bloom = " ?[^(\\s|.,!?…。，、।۔،)]+"
    private static let kimi =
        #"[\p{Han}]+|"# + cased("\(contractions)?", but: #"&&[^\p{Han}]"#)
        + "|\\p{N}{1,3}|\(others)|\(spaces)"
    private static let jais2 =
        "\(contractions)|\(letters)|\\p{N}{1,3}|\(others)|" + #"\s*[\r\n]+|"#
        + [512, 256, 128, 64, 32, 16, 8, 4].map { #"\s{\#($0)}(?!\S)|"# }.joined() + #"\s{1,2}(?!\S)|\s{1}"#

    /// Words of capitals and then small letters, of which one kind may be missing.
    private static func cased(_ ending: String, but exception: String = "") -> String {
        let upper = "\(upper.dropLast())\(exception)]"
        let lower = "\(lower.dropLast())\(exception)]"
        return #"[^\r\n\p{L}\p{N}]?"# + "\(upper)*\(lower)+\(ending)|" + #"[^\r\n\p{L}\p{N}]?"#
            + "\(upper)+\(lower)*\(ending)"
    }

    /// Latin, Greek, Cyrillic, Armenian, Georgian and other letters with two cases.
    private static let deepSeekLetters =
        "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u{1F7D}ᾀ-ᾴᾶ-ᾼ"
        + "\u{1FBE}ῂ-ῄῆ-ῌῐ-\u{1FD3}ῖ-\u{1FDB}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u{2126}ℨ\u{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿ"
        + "ﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+"
}
