import CKernels
import Glibc
import Synchronization

/// The threads behind ``Workers``, which sleep between loops.
///
/// A loop is open while it has tiles left. Helpers that are awake join it; one that wakes too late finds it closed and goes
/// back to sleep, so the caller waits only for those that joined. Between loops everybody spins for a moment, then parks.
final class Crew: @unchecked Sendable {  // `tiles` and `body` change only while no loop is open, which `gate` orders.
    /// Loops begun × 2^32 + (open ? 2^31 : 0) + helpers inside; or ``dismissed``.
    private let gate = Atomic<UInt64>(0)
    /// The next tile nobody has taken.
    private let next = Atomic<Int>(0)
    /// Threads asleep, or about to be.
    private let sleepers = Atomic<Int>(0)
    private var tiles = 0
    private var body: UnsafePointer<Body>?
    private let bell = Bell()
    private(set) var helpers = 0

    private static let open: UInt64 = 1 << 31
    private static let dismissed = UInt64.max
    /// Rounds of spinning before a thread parks, some microseconds.
    private static let patience = 400
    /// Nanoseconds that the caller sleeps before it asks whether to go on.
    static let restlessness = 20_000_000

    init(helpers: Int, stackBytes: Int) {
        while self.helpers < helpers, start(stackBytes) { self.helpers += 1 }
    }

    /// Ends the threads; each lets go of the crew when it ends.
    func dismiss() {
        gate.store(Self.dismissed, ordering: .sequentiallyConsistent)
        bell.ring()
    }

    /// Runs `body` for every index, as long as that is wanted.
    func run(_ tiles: Int, while interest: Interest, _ body: (Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: Body(run: body)) { pointer in
                self.tiles = tiles
                self.body = pointer
                next.store(0, ordering: .relaxed)
                let begun = gate.load(ordering: .relaxed) >> 32 &+ 1
                gate.store(begun << 32 | Self.open, ordering: .sequentiallyConsistent)
                wakeSleepers()
                work(while: interest.lasts)
                gate.bitwiseAnd(~Self.open, ordering: .sequentiallyConsistent)
                // Who is inside may wait for something that only lost interest ends.
                wait(asking: interest.canBeLost ? interest : nil) { $0 & (Self.open - 1) == 0 }
                self.body = nil
            }
        }
    }

    private func work(while isWanted: () -> Bool = { true }) {
        let body = body!.pointee
        while isWanted() {
            let tile = next.add(1, ordering: .relaxed).oldValue
            guard tile < tiles else { return }
            body.run(tile)
        }
        // Nor does anybody else begin another.
        next.store(tiles, ordering: .relaxed)
    }

    /// What a helper does until it is dismissed.
    private func help() {
        var seen: UInt64 = 0
        while true {
            let state = wait { $0 == Self.dismissed || ($0 & Self.open != 0 && $0 >> 32 != seen) }
            guard state != Self.dismissed else { return }
            guard gate.compareExchange(expected: state, desired: state + 1, ordering: .acquiring).exchanged else {
                continue
            }
            seen = state >> 32
            work()
            gate.subtract(1, ordering: .sequentiallyConsistent)
            wakeSleepers()
        }
    }

    /// Waits until `isReached` holds for the gate: spins, then sleeps, but for asking now and then.
    @discardableResult
    private func wait(asking interest: Interest? = nil, until isReached: (UInt64) -> Bool) -> UInt64 {
        for _ in 0..<Self.patience {
            let state = gate.load(ordering: .acquiring)
            if isReached(state) { return state }
            ck_pause()
        }
        sleepers.add(1, ordering: .sequentiallyConsistent)
        defer { sleepers.subtract(1, ordering: .relaxed) }
        var reached: UInt64 = 0
        bell.wait(asking: interest) {
            reached = gate.load(ordering: .sequentiallyConsistent)
            return isReached(reached)
        }
        return reached
    }

    private func wakeSleepers() {
        if sleepers.load(ordering: .sequentiallyConsistent) > 0 { bell.ring() }
    }

    private func start(_ stackBytes: Int) -> Bool {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let crew = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                Unmanaged<Crew>.fromOpaque(argument!).takeRetainedValue().help()
                return nil
            }, crew.toOpaque())
        pthread_attr_destroy(&attributes)
        if code != 0 { crew.release() }
        return code == 0
    }
}

/// A loop's body in a struct, which threads can be pointed to.
private struct Body {
    let run: (Int) -> Void
}
