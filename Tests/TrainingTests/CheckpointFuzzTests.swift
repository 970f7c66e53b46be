import Foundation
import Mixture
import ModelFiles
import Tensors
import Testing
import Training

/// Checkpoints that were damaged are refused, or what they hold can be learned on from; nothing crashes.
@Suite struct CheckpointFuzzTests {
    @Test(arguments: ["top-k", "expert-choice", "stable", "hash"], [0, 1])
    func `a checkpoint with a changed header is opened or refused`(router: String, seed: Int) throws {
        let run = try TinyRun(router: router)
        let whole = try run.checkpoint(step: 3)
        var damage = HeaderDamage(whole, seed: UInt64(seed))
        var refusals = 0
        for _ in 0..<60 {
            let path = try run.put(damage.next(), step: 3, into: "damaged")
            do { _ = try ModelFile.open(path: path) } catch { #expect(error is ModelFileError, "\(error)") }
            do {
                _ = try run.open("damaged").run()
            } catch {
                #expect(error is TrainingError, "\(error)")
                refusals += 1
            }
            run.remove("damaged")
        }
        #expect(refusals > 20)
    }

    @Test func `what was not damaged goes on to the same bytes`() throws {
        let run = try TinyRun(router: "stable")
        let end = try run.checkpoint(step: 6)
        _ = try run.put(try run.checkpoint(step: 3), step: 3, into: "again")
        let again = try run.open("again")
        #expect(again.resumedStep == 3)
        #expect(try again.run() != nil)
        let path = again.folder.path + "/step-00000006.safetensors"
        #expect(try tensors(in: [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))) == tensors(in: end))
    }

    private func tensors(in file: [UInt8]) -> ArraySlice<UInt8> { file[(8 + HeaderDamage.length(of: file))...] }
}

/// Damages the header of a safetensors file: its bytes, its length, and the numbers in it.
private struct HeaderDamage {
    private let whole: [UInt8]
    private let header: Int
    private var random: RandomNumbers

    static func length(of file: [UInt8]) -> Int { file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) } }

    init(_ whole: [UInt8], seed: UInt64) {
        self.whole = whole
        header = Self.length(of: whole)
        random = RandomNumbers(seed: seed, stream: 7)
    }

    mutating func next() -> [UInt8] {
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            return Array(whole.prefix(Int.random(in: 0..<whole.count, using: &random)))
        case 1, 2:
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<8 + header, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            return bytes
        case 3:
            var bytes = whole
            // A weight, a moment or a count that is no number.
            let place = 8 + header + Int.random(in: 0..<(whole.count - 8 - header) / 4 - 1, using: &random) * 4
            bytes.replaceSubrange(place..<place + 4, with: [0xff, 0xff, 0xff, 0x7f])
            return bytes
        case 4:
            return withOtherNumber(in: 8..<8 + header)
        default:
            // What the checkpoint says of the run.
            let start = whole.firstRange(of: Array(#""training":"#.utf8))?.upperBound ?? 8
            let end = whole[start...].firstRange(of: Array(#"}","#.utf8))?.lowerBound ?? 8 + header
            return withOtherNumber(in: start..<end, after: [UInt8(ascii: ":"), UInt8(ascii: "[")])
        }
    }

    /// One of the header's numbers becomes one that overflows, is negative or has a fraction.
    ///
    /// - Parameter before: what may stand before the number; nil: anything.
    private mutating func withOtherNumber(in part: Range<Int>, after before: [UInt8]? = nil) -> [UInt8] {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let starts = part.filter {
            digits ~= whole[$0] && !(digits ~= whole[$0 - 1]) && before?.contains(whole[$0 - 1]) ?? true
        }
        let start = starts.randomElement(using: &random) ?? 9
        let end = whole[start...].firstIndex { !(digits ~= $0) } ?? start
        let odd = ["0", "-1", "1.5", "1e300", "9223372036854775807", "99999999", "1048577", "null", "[]"]
        let number = Array((odd.randomElement(using: &random) ?? "0").utf8)
        var changed = Array(whole[8..<start]) + number + whole[end..<8 + header]
        while changed.count % 8 != 0 { changed.append(UInt8(ascii: " ")) }
        let length = (0..<8).map { UInt8(truncatingIfNeeded: changed.count >> (8 * $0)) }
        return length + changed + whole[(8 + header)...]
    }
}
