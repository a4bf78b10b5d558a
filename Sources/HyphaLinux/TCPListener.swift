// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
package import HyphaBase

/// A listening TCP socket.
package struct TCPListener: ~Copyable {
    /// For ``Poller/add(_:token:interest:trigger:)``; readable while somebody waits.
    package let descriptor: Descriptor
    private var acceptor = Acceptor()
    /// Where it listens, with the real port.
    package let localAddress: SocketAddress

    /// Listens on one address; `[::]` takes IPv4 too.
    ///
    /// The address may still be in use by closing connections (SO_REUSEADDR), not by another
    /// listener.
    ///
    /// - Parameters:
    ///   - address: Port 0 = one chosen by the kernel.
    ///   - backlog: Connections that wait at most.
    /// - Throws: ``SystemError``: EADDRINUSE, EACCES, EADDRNOTAVAIL, EAFNOSUPPORT.
    package init(
        on address: SocketAddress,
        backlog: Int32 = Limits.listenBacklog
    ) throws(SystemError) {
        var native = address.native
        // Safe: the shim reads one address.
        let result = unsafe hypha_tcp_listen(&native, backlog)
        try self.init(adopting: Descriptor(adopting: try check(result, .listen)))
    }

    /// Listens on every address of the machine; IPv4 alone where there is no IPv6.
    ///
    /// - Parameter port: 0 = one chosen by the kernel.
    /// - Returns: A listener for IPv6 and IPv4, or for IPv4.
    /// - Throws: ``SystemError``: EADDRINUSE, EACCES.
    package static func onAnyAddress(port: UInt16) throws(SystemError) -> TCPListener {
        do throws(SystemError) {
            return try TCPListener(on: SocketAddress(host: .v6(.unspecified, scope: 0), port: port))
        } catch {
            guard error.code == EAFNOSUPPORT || error.code == EADDRNOTAVAIL else { throw error }
            return try TCPListener(
                on: SocketAddress(host: .v4(IPv4Address(bits: 0)), port: port)
            )
        }
    }

    /// Takes over a listening socket, as handed in by the service manager.
    ///
    /// - Throws: ``SystemError``: ENOTSOCK, or EAFNOSUPPORT when it is no IP socket.
    package init(adopting descriptor: consuming Descriptor) throws(SystemError) {
        var native = hypha_address()
        // Safe: the shim writes one address.
        let result = unsafe hypha_local_address(descriptor.rawValue, &native)
        try check(result, .listen)
        try check(hypha_set_non_blocking(descriptor.rawValue), .listen)
        localAddress = SocketAddress(native)
        self.descriptor = descriptor
    }

    /// Sets the largest segment of connections accepted from now on, both ways and TCP options
    /// included (TCP_MAXSEG).
    ///
    /// - Throws: ``SystemError`` of `setsockopt(2)`.
    package func limitSegments(to bytes: Int32) throws(SystemError) {
        let result = hypha_set_option(descriptor.rawValue, Int32(HYPHA_OPTION_SEGMENT), bytes)
        try check(result, .setSocketOption)
    }

    /// Takes the next waiting connection; never waits.
    ///
    /// - Returns: A non-blocking connection without any option set; see ``AcceptResult``.
    /// - Throws: ``SystemError`` when the listener itself is of no more use.
    package mutating func accept() throws(SystemError) -> AcceptResult<TCPConnection> {
        switch try acceptor.accept(on: descriptor) {
        case .accepted(let number, let peer):
            let descriptor = Descriptor(adopting: number)
            return .accepted(TCPConnection(descriptor, peer: SocketAddress(peer)))
        case .wouldBlock: return .wouldBlock
        case .aborted: return .aborted
        case .descriptorLimit: return .descriptorLimit
        }
    }
}
