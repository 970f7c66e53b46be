/// Things that follow each other, in blocks of as many, or one more.
struct EvenBlocks {
    let things: Int
    let count: Int

    subscript(block: Int) -> Range<Int> { things * block / count..<things * (block + 1) / count }

    func block(of thing: Int) -> Int { (count * (thing + 1) - 1) / things }
}
