// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
import HyphaBase

/// One end of a unix stream socket.
package struct UnixConnection: ~Copyable, Sendable {
    /// For a ``Poller`` and for reading and sending.
    package let descriptor: Descriptor

    /// Who is on the other side, as the kernel recorded it at the connection.
    package struct Credentials: Hashable, Sendable {
        /// User number.
        package let user: UInt32
        /// Primary group number.
        package let group: UInt32
        /// Process number, 0 when it is not visible from here.
        package let process: Int32
    }

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Connects, blocking, for a command-line client.
    ///
    /// - Parameters:
    ///   - path: A socket's path.
    ///   - timeout: For connecting and for each later read and send, which then give `.wouldBlock`.
    /// - Returns: A blocking connection.
    /// - Throws: ``SystemError``: ENOENT, ECONNREFUSED, EACCES; EAGAIN when nobody accepts in time.
    package static func connect(
        to path: String,
        timeout: Duration
    ) throws(SystemError) -> UnixConnection {
        try refuseZeroByte(in: path, .connect)
        // 0 would mean for ever.
        let microseconds = max(1, timeout.nanoseconds / 1_000)
        // Safe: the text lives for the call.
        let result = unsafe hypha_unix_connect(path, microseconds)
        return UnixConnection(Descriptor(adopting: try check(result, .connect)))
    }

    /// Who is on the other side (SO_PEERCRED).
    ///
    /// - Throws: ``SystemError`` of `getsockopt(2)`.
    package func peerCredentials() throws(SystemError) -> Credentials {
        var native = hypha_credentials()
        // Safe: the shim writes one value.
        let result = unsafe hypha_credentials_read(descriptor.rawValue, &native)
        try check(result, .readSocketState)
        return Credentials(user: native.user, group: native.group, process: native.process)
    }

    /// The descriptor alone, to be handed to another owner.
    package consuming func releaseDescriptor() -> Descriptor { descriptor }
}
