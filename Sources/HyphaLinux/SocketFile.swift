// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc

/// The file of a unix socket that we listen on; removed when the value ends.
struct SocketFile: ~Copyable {
    let path: String
    let identity: Identity
    /// Held as long as the socket exists; the lock file itself stays.
    let lock: Descriptor

    /// Device and inode.
    struct Identity: Equatable {
        var device: UInt64 = 0
        var inode: UInt64 = 0
    }

    /// What is at a path.
    enum Finding: Equatable {
        case nothing
        case socket(Identity)
        /// An errno value; ENOTSOCK for other files.
        case failed(Int32)
    }

    deinit {
        // Another process may have put its own socket there after somebody removed ours.
        if Self.inspect(path) == .socket(identity) {
            // Safe: the text lives for the call.
            _ = unsafe hypha_unlink(path)
        }
    }

    static func inspect(_ path: String) -> Finding {
        var identity = Identity()
        // Safe: the text lives for the call, and the shim writes two numbers.
        let result = unsafe hypha_socket_file(path, &identity.device, &identity.inode)
        if result == -ENOENT { return .nothing }
        return result < 0 ? .failed(-result) : .socket(identity)
    }
}
