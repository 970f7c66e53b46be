/// What a model's file says of it, by key.
protocol ConfigurationSource {
    /// Nil where the key is missing, or says nothing.
    func integer(_ key: String) throws -> Int?
    func real(_ key: String) throws -> Double?
    func flag(_ key: String) throws -> Bool?
    /// Whether the key is there to say nothing.
    func isNull(_ key: String) -> Bool
    func missing(_ key: String) -> ModelFileError
    /// An error about what the file has.
    func unsupported(_ problem: String) -> ModelFileError
}

extension ConfigurationSource {
    fileprivate func firstInteger(_ keys: [String]) throws -> Int? {
        for key in keys {
            if let value = try integer(key) { return value }
        }
        return nil
    }
}

/// One setting of a model's configuration: its key, and what of an architecture it tells. It is read and written alike.
struct ConfigurationField: Sendable {
    enum Value: Equatable, Sendable {
        case integer(Int)
        case real(Float)
        case flag(Bool)
        case integers([Int])
    }

    typealias Place<Value> = any WritableKeyPath<Architecture, Value> & Sendable

    /// Where it may stand; the first is the one that is written.
    let keys: [String]
    /// Whether it says the same of every model.
    private(set) var isConstant = false
    let read: @Sendable (any ConfigurationSource, inout Architecture) throws -> Void
    let written: @Sendable (Architecture) -> Value?

    private init(
        keys: [String], written: @escaping @Sendable (Architecture) -> Value?,
        read: @escaping @Sendable (any ConfigurationSource, inout Architecture) throws -> Void
    ) {
        self.keys = keys
        self.read = read
        self.written = written
    }

    init(
        _ key: String, written: @escaping @Sendable (Architecture) -> Value? = { _ in nil },
        read: @escaping @Sendable (any ConfigurationSource, inout Architecture) throws -> Void = { _, _ in }
    ) {
        self.init(keys: [key], written: written, read: read)
    }
}

extension ConfigurationField {
    /// A whole number, under one of several keys.
    ///
    /// - Parameters:
    ///   - missing: what it is where nothing is said; nil: something must be.
    ///   - null: what it is where `null` stands.
    static func integer(
        _ keys: [String], at place: Place<Int>, missing: (@Sendable (Architecture) -> Int)? = nil,
        null: (@Sendable (Architecture) -> Int)? = nil
    ) -> ConfigurationField {
        ConfigurationField(
            keys: keys, written: { .integer($0[keyPath: place]) },
            read: { source, architecture in
                let isNull = keys.contains { source.isNull($0) }
                let otherwise = isNull ? null ?? missing : missing
                guard let value = try source.firstInteger(keys) ?? otherwise?(architecture) else {
                    throw source.missing(keys[0])
                }
                architecture[keyPath: place] = value
            })
    }

    static func integer(_ key: String, at place: Place<Int>, missing: Int? = nil) -> ConfigurationField {
        guard let missing else { return integer([key], at: place) }
        return integer([key], at: place, missing: { _ in missing })
    }

    /// A whole number that may be missing for good.
    static func optional(
        _ key: String, at place: any WritableKeyPath<Architecture, Int?> & Sendable
    ) -> ConfigurationField {
        ConfigurationField(
            key, written: { model in model[keyPath: place].map { .integer($0) } },
            read: { source, model in
                model[keyPath: place] = try source.integer(key)
            })
    }

    static func real(_ key: String, at place: Place<Float>, missing: Float? = nil) -> ConfigurationField {
        ConfigurationField(
            key, written: { .real($0[keyPath: place]) },
            read: { source, architecture in
                guard let value = try source.real(key).map(Float.init) ?? missing else { throw source.missing(key) }
                architecture[keyPath: place] = value
            })
    }

    static func flag(_ key: String, at place: Place<Bool>, missing: Bool) -> ConfigurationField {
        ConfigurationField(
            key, written: { .flag($0[keyPath: place]) },
            read: { source, architecture in
                architecture[keyPath: place] = try source.flag(key) ?? missing
            })
    }

    /// What no key tells, but the family or what was read before.
    static func always(_ set: @escaping @Sendable (inout Architecture) -> Void) -> ConfigurationField {
        ConfigurationField(keys: [], written: { _ in nil }, read: { _, architecture in set(&architecture) })
    }

    /// What is written the same for every model; reading checks it where it is listed as fixed.
    static func constant(_ key: String, _ value: Value) -> ConfigurationField {
        var field = ConfigurationField(key, written: { _ in value })
        field.isConstant = true
        return field
    }

    /// Whether the weights of the chosen experts are made to sum to 1, of a softmax over all.
    static func normalizedSoftmax(_ key: String, missing: Bool) -> ConfigurationField {
        ConfigurationField(
            key, written: { .flag($0.routing.weighting != .softmax) },
            read: { source, architecture in
                architecture.routing = try source.flag(key) ?? missing ? .mixtral : .softmaxOfAll
            })
    }
}
