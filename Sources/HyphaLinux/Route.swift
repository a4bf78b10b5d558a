// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
package import HyphaBase

/// What the kernel says of the way to an address.
package struct Route: Hashable, Sendable {
    /// Size of the IP packets that it takes, bytes: the interface's or what routers reported.
    package let mtuBytes: Int

    /// Asks the kernel; nothing is sent.
    ///
    /// - Throws: ``SystemError``: ENETUNREACH, EHOSTUNREACH and the like when there is no way.
    package init(to remote: SocketAddress) throws(SystemError) {
        var native = remote.native
        // Safe: the shim reads one address.
        let result = unsafe hypha_route_mtu(&native)
        mtuBytes = Int(try check(result, .readRoute))
    }
}
