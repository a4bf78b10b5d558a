// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Reads small files whole.
enum BoundedFile {
    /// Why a file was not read.
    enum Failure: Error, Hashable, Sendable {
        /// The system's error number.
        case system(errno: Int32)
        case tooLarge
    }

    /// - Parameters:
    ///   - path: The file; a device or pipe is read to its end as well.
    ///   - ceiling: Largest size, bytes.
    /// - Returns: The content.
    /// - Throws: Why there is none.
    static func read(_ path: String, ceiling: Int) throws(Failure) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw .system(errno: EINVAL) }
        // Safe: the path is passed as a C string for the call. O_NONBLOCK: a pipe without a writer
        // must not hold up the start.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw .system(errno: errno) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            // Safe: pointer and size belong together.
            let count = unsafe chunk.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno: errno) }
            guard count > 0 else { return content }
            guard content.count + count <= ceiling else { throw .tooLarge }
            content += chunk[..<count]
        }
    }
}
