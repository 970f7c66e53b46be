import CKernels

extension CommandLine {
    /// What stands behind the program's name.
    ///
    /// Swift reads its own `arguments` from `/proc`, which a container may not have; the C library hands them to whoever asks
    /// at start.
    static func given() throws -> [String] {
        guard let arguments = ck_arguments() else {
            guard !Self.arguments.isEmpty else {
                throw Complaint("the command line cannot be read: this system has no /proc")
            }
            return Array(Self.arguments.dropFirst())
        }
        return (1..<max(1, Int(ck_argument_count()))).compactMap { arguments[$0].map { String(cString: $0) } }
    }
}
