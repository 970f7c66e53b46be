import Foundation
import Inference
import ModelFiles
import Profiling
import Tensors
import Training

/// What a profile is made from.
enum ProfileSource {
    case trace([String], TraceOptions)
    case model(String, texts: [String], tokens: Int, SessionArguments)
    case run(String, tokens: Int, threads: Int?)
    /// One that was saved as JSON.
    case report(String)

    func report() throws -> RoutingReport {
        switch self {
        case .trace(let paths, let options): try Self.report(ofTraces: paths, options)
        case .model(let path, let texts, let tokens, let session):
            try Self.report(of: session.model(at: path), on: ProfileTexts(texts), tokens: tokens, session)
        case .run(let path, let tokens, let threads): try Self.report(ofRun: path, tokens: tokens, threads: threads)
        case .report(let path): try Self.read(path)
        }
    }

    private static func report(ofTraces paths: [String], _ options: TraceOptions) throws -> RoutingReport {
        let progress = ProgressLine("Reading")
        let trace = try TraceFile.read(
            paths, options: options, isCancelled: { Interruption.isRequested },
            onProgress: { progress.show(done: $0, of: $1) })
        progress.clear()
        return try Interruption.endingAtOnce {
            RoutingReport(trace.table, kind: "trace, \(trace.format.rawValue)", files: paths)
        }
    }

    private static func report(ofRun path: String, tokens: Int, threads: Int?) throws -> RoutingReport {
        let workers = Workers(count: threads ?? CPU.defaultThreads)
        let reading = ProgressLine("Reading") { "\($0) %" }
        let history = try RoutingHistory(
            RunFolder(path: path), tokens: tokens, workers: workers,
            progress: { reading.show(done: Int($0.share * 100), of: 100) }, isCancelled: { Interruption.isRequested })
        reading.clear()
        let progress = ProgressLine("Looking at checkpoints") { "\($0)" }
        var snapshots: [LearningSnapshot] = []
        for step in history.steps {
            if Interruption.isRequested { throw CancellationError() }
            progress.show(done: snapshots.count, of: history.steps.count)
            snapshots.append(try history.snapshot(of: step, withWeights: step == history.steps.last))
        }
        progress.clear()
        guard let last = snapshots.last else { throw Complaint("\(path) has no checkpoint") }
        var report = try Interruption.endingAtOnce {
            RoutingReport(
                last.generation, kind: "training run, step \(last.step)", files: [path], snapshots: snapshots)
        }
        report.nameTokens(history.visibleText)
        return report
    }

    private static func read(_ path: String) throws -> RoutingReport {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            let report = try decoder.decode(RoutingReport.self, from: Data(TextInput.read(path)))
            try report.check()
            return report
        } catch let error as ProfilingError {
            throw Complaint("\(path): \(error)")
        } catch let error as DecodingError {
            throw Complaint(
                "\(path) is not a report that `offstage profile --json` printed (\(error.place)). Save one with\n"
                    + "    offstage profile … --json > report.json")
        }
    }
}

extension ProfileSource {
    /// Positions of a window when nobody says.
    private static let window = 512

    private static func report(
        of model: Model, on texts: ProfileTexts, tokens limit: Int, _ session: SessionArguments
    ) throws -> RoutingReport {
        let context = session.context ?? min(window, model.architecture.contextLength)
        let samples = try Interruption.endingAtOnce { texts.samples(of: limit, tokenizer: model.tokenizer) }
        let losses = samples.reduce(into: TextLosses()) { $0 += $1.losses }
        Terminal.warn(model.tokenizer.warnings(of: losses))
        let running = try Interruption.endingAtOnce {
            try model.session(session.options(promptTokens: context, newTokens: 0))
        }
        Terminal.warn(running.warnings)
        let recorder = TableRecorder(
            model: model.name, experts: model.architecture.expertCount, topK: model.architecture.expertsPerToken,
            expertBytes: model.expertBytes)
        let progress = ProgressLine("Profiling", amount: { "\($0) tokens" })
        let all = samples.reduce(0) { $0 + $1.tokens.count }
        var (logprob, predicted) = (0.0, 0)
        for window in samples.windows(of: context) {
            recorder.begin(RoutingTable.Text(name: window.sample.name, domain: window.sample.domain))
            recorder.begin(at: window.start)
            let done = recorder.tokenCount
            let score = try running.score(
                window.tokens, recorder: recorder, isCancelled: { Interruption.isRequested },
                onProgress: { progress.show(done: done + $0, of: all) })
            if Interruption.isRequested { throw CancellationError() }
            logprob += score.logprobs.compactMap(\.self).reduce(0, +)
            predicted += score.logprobs.count { $0 != nil }
        }
        progress.clear()
        var report = try Interruption.endingAtOnce {
            RoutingReport(recorder.finish().tokenByToken(), kind: "text", files: samples.map(\.name).uniqued)
        }
        report.nameTokens(model.visibleText)
        report.source.texts = samples.count
        report.source.remarks.append(
            "The texts were read in windows of \(context) tokens, all domains mixed; caches are replayed as if they were "
                + "written token by token, which visits the same experts.")
        report.source.remarks += model.warnings.map { "Mind that \($0)" }
        let perplexity = exp(-logprob / Double(max(predicted, 1)))
        report.source.remarks.append("Perplexity \(perplexity.rounded(3)) over \(predicted.grouped) tokens.")
        return report
    }
}

extension ProfileTexts {
    struct Sample {
        let name: String
        let domain: String
        let tokens: [Int]
        let losses: TextLosses
    }

    /// The beginning of each domain, so that all have as many tokens as far as their texts go.
    func samples(of limit: Int, tokenizer: TextTokenizer) -> [Sample] {
        let domains = Set(texts.map(\.domain)).count
        var left: [String: Int] = [:]
        return texts.compactMap { text in
            let room = left[text.domain] ?? max(1, limit / domains)
            guard room > 0 else { return nil }
            // A token is seldom more than some bytes long; the rest of a long text need not be cut.
            let bytes = text.beginning(of: room * 16)
            let all = tokenizer.tokens(of: bytes)
            let tokens = Array(all.prefix(room))
            left[text.domain] = room - tokens.count
            let losses = tokenizer.losses(in: bytes, tokens: tokens, isCut: tokens.count < all.count)
            return tokens.isEmpty ? nil : Sample(name: text.name, domain: text.domain, tokens: tokens, losses: losses)
        }
    }
}

extension ProfileTexts.Text {
    /// At most so many bytes from the start, without a character that would be cut.
    fileprivate func beginning(of count: Int) -> [UInt8] {
        guard count < bytes.count else { return bytes }
        return Array(bytes[..<(bytes[...count].lastIndex { $0 & 0xC0 != 0x80 } ?? count)])
    }
}

extension [ProfileTexts.Sample] {
    /// A part of a text that is read at once.
    struct Window {
        let sample: ProfileTexts.Sample
        let start: Int
        let tokens: [Int]
    }

    /// All of it in windows, the domains mixed evenly, so that any part is like the whole.
    func windows(of context: Int) -> [Window] {
        var domains: [String] = []
        var windows: [[Window]] = []
        for sample in self {
            if !domains.contains(sample.domain) {
                domains.append(sample.domain)
                windows.append([])
            }
            let domain = domains.firstIndex(of: sample.domain) ?? 0
            windows[domain] += stride(from: 0, to: sample.tokens.count, by: context).map { start in
                let end = Swift.min(start + context, sample.tokens.count)
                return Window(sample: sample, start: start, tokens: [Int](sample.tokens[start..<end]))
            }
        }
        return EvenMix.order(counts: windows.map(\.count)).map { windows[$0.kind][$0.place] }
    }
}

extension [String] {
    /// Each once, in the order of its first place.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}

extension DecodingError {
    /// Where in a JSON text something is not as it should be.
    fileprivate var place: String {
        let context =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
                .dataCorrupted(let context):
                context
            @unknown default: nil as Context?
            }
        let path = (context?.codingPath ?? []).map(\.stringValue)
        return path.isEmpty ? "it is not JSON" : "something is wrong at \(path.joined(separator: "."))"
    }
}
