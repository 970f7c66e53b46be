extension Communicator {
    /// Sends each rank its part of `outgoing`, and receives a part from each.
    package func allToAll<Element: BitwiseCopyable>(
        _ outgoing: Span<Element>, _ sent: Segments, into incoming: inout MutableSpan<Element>, _ received: Segments,
        of occasion: Occasion
    ) throws(RankFailure) {
        try outgoing.withUnsafeBytes { (outgoing) throws(RankFailure) in
            try incoming.withUnsafeMutableBytes { (incoming) throws(RankFailure) in
                try exchange(
                    Messages(
                        step: Step(operation: .allToAll, occasion: occasion), outgoing: outgoing, sent: sent,
                        incoming: incoming, received: received, stride: MemoryLayout<Element>.stride))
            }
        }
    }

    /// How much each rank will send to this one, given what this one will send to each.
    package func counts(sending counts: [Int], of occasion: Occasion) throws(RankFailure) -> [Int] {
        var received = [Int](repeating: 0, count: count)
        var span = received.mutableSpan
        try allToAll(counts.span, .even(count), into: &span, .even(count), of: occasion)
        return received
    }

    /// Fills a buffer with the segments of all ranks; each has its own in place.
    package func allGather<Element: BitwiseCopyable>(
        _ values: inout MutableSpan<Element>, _ segments: Segments, of occasion: Occasion
    ) throws(RankFailure) {
        try values.withUnsafeMutableBytes { (values) throws(RankFailure) in
            try gather(
                values, segments, stride: MemoryLayout<Element>.stride,
                at: Step(operation: .allGather, occasion: occasion))
        }
    }

    /// A value of each rank.
    package func allGather<Element: BitwiseCopyable>(_ value: Element, of occasion: Occasion) throws(RankFailure)
        -> [Element]
    {
        var values = [Element](repeating: value, count: count)
        var span = values.mutableSpan
        try allGather(&span, .even(count), of: occasion)
        return values
    }

    /// The bytes of each rank, as many as it has.
    package func allGather(_ own: [UInt8], of occasion: Occasion) throws(RankFailure) -> [[UInt8]] {
        let segments = Segments.consecutive(try allGather(own.count, of: occasion))
        let ranges = (0..<count).map { segments.range($0, of: count) }
        var bytes = [UInt8](repeating: 0, count: ranges.last?.upperBound ?? 0)
        bytes.replaceSubrange(ranges[rank], with: own)
        var span = bytes.mutableSpan
        try allGather(&span, segments, of: occasion)
        return ranges.map { Array(bytes[$0]) }
    }

    /// Copies a rank's values to all others.
    ///
    /// Large ones are first split between the ranks, which then exchange their parts: nobody sends much more than twice
    /// their size, however many ranks there are.
    package func broadcast<Element: BitwiseCopyable>(
        _ values: inout MutableSpan<Element>, from root: Int, of occasion: Occasion
    ) throws(RankFailure) {
        let step = Step(operation: .broadcast, occasion: occasion)
        let (length, stride) = (values.count, MemoryLayout<Element>.stride)
        try values.withUnsafeMutableBytes { (values) throws(RankFailure) in
            guard count > 2, values.count > Self.small else {
                return try send(values, .each(0..<length), from: root, stride: stride, at: step)
            }
            try send(values, .even(length), from: root, stride: stride, at: step)
            try gather(values, .even(length), stride: stride, at: step)
        }
    }

    /// Waits until every rank has come here.
    package func barrier(_ occasion: Occasion) throws(RankFailure) {
        var signs = [UInt8](repeating: 0, count: count)
        var span = signs.mutableSpan
        try span.withUnsafeMutableBytes { (signs) throws(RankFailure) in
            try gather(signs, .even(count), stride: 1, at: Step(operation: .barrier, occasion: occasion))
        }
    }

    /// Bytes up to which one message more costs more than sending everything to everybody.
    static var small: Int { 32 << 10 }

    /// Fills a buffer with the segments of all ranks.
    func gather(_ values: UnsafeMutableRawBufferPointer, _ segments: Segments, stride: Int, at step: Step)
        throws(RankFailure)
    {
        let own = segments.range(rank, of: count)
        try exchange(
            Messages(
                step: step, outgoing: UnsafeRawBufferPointer(values), sent: .each(own), incoming: values,
                received: segments, stride: stride))
    }

    /// Sends each rank its part of what the root has, into the same place.
    private func send(
        _ values: UnsafeMutableRawBufferPointer, _ segments: Segments, from root: Int, stride: Int, at step: Step
    ) throws(RankFailure) {
        let own = segments.range(rank, of: count)
        try exchange(
            Messages(
                step: step, outgoing: UnsafeRawBufferPointer(values), sent: rank == root ? segments : .none,
                incoming: values, received: .one(rank: root, own), stride: stride))
    }
}
