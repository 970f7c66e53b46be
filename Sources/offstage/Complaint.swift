import Foundation

/// Something the person at the keyboard should know, in whole sentences.
struct Complaint: Error, CustomStringConvertible {
    let message: Message
    init(_ message: Message) { self.message = message }
    var description: String { message.text }

    /// Foundation's errors name domains and codes; the file and the system's own words say more.
    init(_ error: CocoaError) {
        let reason = error.systemReason ?? error.localizedDescription
        self.init(error.filePath.map { "\($0): \(reason)" } ?? "\(reason)")
    }

    /// What the C library says of an error number.
    static func reason(of code: Int32 = errno) -> String { String(cString: strerror(code)) }
}

extension CocoaError {
    /// The system's words for what happened below Foundation.
    var systemReason: String? {
        let code = (underlying as? POSIXError)?.code.rawValue ?? (underlying as NSError?).flatMap(Self.code)
        return code.map { Complaint.reason(of: $0) }
    }

    private static func code(of error: NSError) -> Int32? {
        error.domain == NSPOSIXErrorDomain ? Int32(truncatingIfNeeded: error.code) : nil
    }
}
