import Foundation
import Testing

/// Runs the program as a person would, in a folder of its own.
struct OffstageCommand {
    /// The program stands beside the tests, built with them.
    static let path =
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path + "/offstage"

    let folder: TemporaryFolder

    /// Runs to the end.
    func callAsFunction(_ arguments: String..., input: String = "", environment: [String: String] = [:]) throws
        -> Outcome
    {
        try start(arguments, input: input, environment: environment).finished()
    }

    func callAsFunction(_ arguments: [String], input: String = "") throws -> Outcome {
        try start(arguments, input: input).finished()
    }

    /// Runs a line of shell in which `$offstage` is the program.
    func shell(_ line: String) throws -> Outcome { try startShell(line).finished() }

    /// Begins to run a line of shell in which `$offstage` is the program.
    func startShell(_ line: String) throws -> Running {
        try start(["-c", line], environment: ["offstage": Self.path], program: "/bin/bash")
    }

    /// Begins to run.
    func start(
        _ arguments: [String], input: String = "", environment: [String: String] = [:], program: String = path
    ) throws -> Running {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        let inherited = ProcessInfo.processInfo.environment.filter { $0.key != "OPENBLAS_CORETYPE" }
        // What is packed by itself goes to no person's home.
        let home = ["XDG_DATA_HOME": folder.file("data"), "XDG_CACHE_HOME": folder.file("cache")]
        process.environment = inherited.merging(home) { $1 }.merging(environment) { $1 }
        let running = try Running(process, folder, input)
        try process.run()
        return running
    }
}

/// What a program left behind.
struct Outcome {
    /// The exit code; the signal's number, negative, when a signal ended it.
    let code: Int32
    /// Standard output.
    let text: String
    /// Standard error.
    let notes: String

    /// The last line of standard output.
    var lastLine: String { text.split(separator: "\n").last.map(String.init) ?? "" }

    func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder.snakeCase.decode(type, from: Data(lastLine.utf8))
    }
}

/// A program under way, its output going to files so that it never waits for a reader.
struct Running {
    private let process: Process
    private let output: String
    private let notes: String

    init(_ process: Process, _ folder: TemporaryFolder, _ input: String) throws {
        self.process = process
        let name = folder.file(UUID().uuidString)
        (output, notes) = (name + ".out", name + ".err")
        try Data(input.utf8).write(to: URL(fileURLWithPath: name + ".in"))
        process.standardInput = FileHandle(forReadingAtPath: name + ".in")
        process.standardOutput = Self.created(output)
        process.standardError = Self.created(notes)
    }

    /// Sends a signal as soon as a condition holds.
    ///
    /// - Returns: false when the program ended before.
    func send(_ signal: Int32, once isReady: (_ output: String) -> Bool) -> Bool {
        while process.isRunning {
            if isReady(output) { return kill(process.processIdentifier, signal) == 0 }
            sched_yield()
        }
        return false
    }

    /// Hundredths of a second that the program has computed so far, all threads together.
    var computed: Int {
        let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)) ?? ""
        // What follows the name in parentheses begins with field 3; 14 is the time, in ticks.
        let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 11 ? Int(fields[11]) ?? 0 : 0
    }

    func finished() throws -> Outcome {
        process.waitUntilExit()
        let code = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        return Outcome(code: code, text: try Self.contents(output), notes: try Self.contents(notes))
    }

    private static func created(_ path: String) -> FileHandle? {
        FileManager.default.createFile(atPath: path, contents: nil) ? FileHandle(forWritingAtPath: path) : nil
    }

    private static func contents(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }
}

extension JSONDecoder {
    static var snakeCase: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }
}
