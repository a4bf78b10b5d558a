// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A file that grows by whole records and is written anew now and then; for its owner only.
///
/// Nothing is forced to the disk: what is lost with the power was written in the last seconds.
struct RecordFile {
    let path: String

    /// Adds bytes at the end.
    ///
    /// - Parameters:
    ///   - bytes: Whole records.
    ///   - offset: Where the file ends; what stands behind it is cut off first.
    /// - Returns: The system's error number, 0 = done.
    func append(_ bytes: [UInt8], at offset: Int) -> Int32 {
        // Safe: the path is a C string for the time of the call.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(offset)) == 0,
            lseek(descriptor, 0, SEEK_END) == off_t(offset)
        else { return errno }
        return Self.write(bytes, to: descriptor)
    }

    /// Puts other content in the place of all there is, whole or not at all.
    ///
    /// - Returns: The system's error number, 0 = done.
    func replace(with bytes: [UInt8]) -> Int32 {
        let fresh = path + ".new"
        // Safe: both paths are C strings for the time of the calls.
        _ = unsafe unlink(fresh)
        let descriptor = unsafe open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return errno }
        let code = Self.write(bytes, to: descriptor)
        let synced = fsync(descriptor) == 0 ? 0 : errno
        close(descriptor)
        if code == 0, synced == 0 {
            // Safe: both paths are C strings for the time of the call.
            return unsafe rename(fresh, path) == 0 ? 0 : errno
        }
        // Safe: the path is a C string for the time of the call.
        _ = unsafe unlink(fresh)
        return code == 0 ? synced : code
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var offset = 0
        while offset < bytes.count {
            // Safe: pointer and size belong together.
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + offset },
                    buffer.count - offset
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? errno : EIO }
            offset += count
        }
        return 0
    }
}
