// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto
import Glibc
package import HyphaBytes

/// The file of a node's secret: the 32 bytes as they are, nothing else (base protocol section 1.1).
package struct KeyFile: Hashable, Sendable {
    /// Absolute, or relative to the working folder.
    package let path: String

    /// Size of the secret, bytes.
    package static let byteCount = 32

    /// - Parameter path: Absolute, or relative to the working folder.
    package init(path: String) { self.path = path }

    /// What was read.
    package struct Loaded: ~Copyable {
        private let secret: SecretBytes
        /// Something the operator should put right; the secret is usable.
        package let warning: Warning?

        init(secret: consuming SecretBytes, warning: Warning?) {
            self.secret = secret
            self.warning = warning
        }

        /// The secret, 32 bytes.
        package consuming func takeSecret() -> SecretBytes { secret }
    }

    /// Something an operator should put right.
    package enum Warning: Hashable, Sendable {
        /// Group or others may read or write the file; `mode` has its permission bits.
        case openToOthers(mode: UInt32)
    }

    /// Reads the first 32 bytes; the rest of a longer file is ignored.
    package func load() throws(KeyFileError) -> Loaded {
        try load(Self.byteCount)
    }

    /// As ``load()``, but a longer file is refused: a key written as text is cut in half, and has a
    /// quarter of the strength that it seems to have.
    ///
    /// - Throws: ``KeyFileError/tooLong(path:)`` too.
    package func loadExactly() throws(KeyFileError) -> Loaded {
        var isLonger = true
        do throws(KeyFileError) {
            _ = try load(Self.byteCount + 1)
        } catch {
            guard case .tooShort(_, Self.byteCount) = error else { throw error }
            isLonger = false
        }
        guard !isLonger else { throw .tooLong(path: path) }
        return try load()
    }

    private func load(_ byteCount: Int) throws(KeyFileError) -> Loaded {
        var mode: UInt32 = 0
        var count: Int64 = 0
        let secret = SecretBytes(byteCount: byteCount) { bytes in
            // Safe: pointer and size belong together.
            count = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
                unsafe hypha_key_file_read(path, buffer.baseAddress, buffer.count, &mode)
            }
        }
        guard count >= 0 else { throw failure(.read, CInt(-count)) }
        guard count == byteCount else { throw .tooShort(path: path, byteCount: Int(count)) }
        return Loaded(secret: secret, warning: mode & 0o077 == 0 ? nil : .openToOthers(mode: mode))
    }

    /// Writes a fresh random secret to a new file with mode 0600, and makes missing folders above
    /// it with mode 0700.
    ///
    /// The file appears whole or not at all; of several creators at once, one succeeds.
    ///
    /// - Throws: ``KeyFileError/exists(path:)`` when there is a file already; it is unchanged.
    package func create() throws(KeyFileError) -> SecretBytes {
        try write(replacing: false)
    }

    /// As ``create()``, but a file that exists is replaced; its secret is lost, and with it the
    /// node's address.
    package func replace() throws(KeyFileError) -> SecretBytes {
        try write(replacing: true)
    }

    private func write(replacing: Bool) throws(KeyFileError) -> SecretBytes {
        // Safe: the path is a C string for the time of the call.
        let folders = unsafe hypha_make_parent_folders(path)
        guard folders == 0 else { throw failure(.makeFolder, -folders) }
        let secret = SecretBytes.random(byteCount: Self.byteCount)
        let result = secret.withBytes { bytes in
            // Safe: pointer and size belong together.
            unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe hypha_key_file_write(
                    path,
                    buffer.baseAddress,
                    buffer.count,
                    replacing ? 1 : 0
                )
            }
        }
        guard result == 0 else { throw failure(.write, -result) }
        return secret
    }

    private func failure(_ operation: KeyFileError.Operation, _ number: CInt) -> KeyFileError {
        switch (operation, number) {
        case (.read, ENOENT): .missing(path: path)
        case (.read, EISDIR), (.read, EINVAL): .notAFile(path: path)
        case (.write, EEXIST): .exists(path: path)
        default: .failed(operation, path: path, errno: number)
        }
    }
}

/// Why a key file could not be read or written; nothing has changed on the disk.
package enum KeyFileError: Error, Hashable, Sendable {
    /// There is no such file: create one, or name the right one.
    case missing(path: String)
    /// The file is shorter than 32 bytes: damaged, or not a key file.
    case tooShort(path: String, byteCount: Int)
    /// The file is longer than 32 bytes, which matters where nothing may be ignored.
    case tooLong(path: String)
    /// The path names a folder, device or pipe.
    case notAFile(path: String)
    /// There is a key file already; replacing it must be asked for.
    case exists(path: String)
    /// The system said no.
    case failed(Operation, path: String, errno: Int32)

    /// What was tried.
    package enum Operation: Hashable, Sendable {
        case read
        case write
        /// Making the folders above the file.
        case makeFolder
    }

    /// The file that was asked for.
    package var path: String {
        switch self {
        case .missing(let path), .tooShort(let path, _), .tooLong(let path), .notAFile(let path),
            .exists(let path), .failed(_, let path, _):
            path
        }
    }

    /// The system's error number, where it has one.
    package var errno: Int32? {
        switch self {
        case .missing: ENOENT
        case .exists: EEXIST
        case .failed(_, _, let errno): errno
        case .tooShort, .tooLong, .notAFile: nil
        }
    }
}
