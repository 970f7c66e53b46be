import Inference
import Testing

@Suite struct MemoryBudgetTests {
    @Test(arguments: [
        ("6G", MemoryBudget.bytes(6 << 30)), ("1.5g", .bytes(3 << 29)), ("800M", .bytes(800 << 20)),
        ("64KiB", .bytes(64 << 10)),
        ("4096", .bytes(4096)), ("2GB", .bytes(2 << 30)), ("25%", .expertShare(0.25)), ("min", .smallest),
        ("auto", .automatic),
    ])
    func `sizes are read as people write them`(text: String, budget: MemoryBudget) {
        #expect(MemoryBudget(text) == budget)
    }

    @Test(arguments: ["", "G", "-1G", "0", "1e40G", "nan", "inf", "101%", "-5%", "six", "6 X"])
    func `what is no size is refused`(text: String) {
        #expect(MemoryBudget(text) == nil)
    }

    @Test(arguments: [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (6 << 30, "6.0 GiB"), (700 << 20, "700 MiB")])
    func `sizes are written with three figures or less`(bytes: Int, text: String) {
        #expect(formatted(bytes: bytes) == text)
    }
}
