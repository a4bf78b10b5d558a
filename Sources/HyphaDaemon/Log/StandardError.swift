// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Standard error of the process.
enum StandardError {
    /// Writes a whole line with one call where the kernel lets it; what it refuses is lost.
    static func write(_ line: [UInt8]) {
        var offset = 0
        while offset < line.count {
            // Safe: the offset is below the count, and pointer and size belong together.
            let written = unsafe line.withUnsafeBytes { bytes in
                unsafe Glibc.write(
                    STDERR_FILENO,
                    bytes.baseAddress.map { unsafe $0 + offset },
                    bytes.count - offset
                )
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            offset += written
        }
    }

    /// Whether standard error is the journal's stream: `JOURNAL_STREAM` names its device and inode
    /// (systemd.exec(5)), and it is inherited also where standard error was redirected.
    static func isJournal(_ journalStream: String?) -> Bool {
        guard let journalStream else { return false }
        var status = stat()
        // Safe: the call fills one structure.
        guard unsafe fstat(STDERR_FILENO, &status) == 0 else { return false }
        return journalStream == "\(status.st_dev):\(status.st_ino)"
    }
}
