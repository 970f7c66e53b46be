/// Refuses the small text file that Git leaves in place of a large one.
func refuseLFSPointer(_ file: InputFile) throws {
    let start = Array("version https://git-lfs.github.com/spec/".utf8)
    guard file.size >= start.count, try file.bytes(at: 0, count: start.count) == start else { return }
    throw file.error(
        "is a Git LFS pointer, not the file itself", "Fetch the file with git lfs pull, or download it again")
}
