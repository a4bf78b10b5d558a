// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
import HyphaBase

/// What one attempt to accept a connection gave.
package enum AcceptResult<Connection: ~Copyable>: ~Copyable {
    /// A new connection.
    case accepted(Connection)
    /// Nobody is waiting.
    case wouldBlock
    /// The connection failed before it was accepted, or was turned away by a filter; go on.
    case aborted
    /// The process or the machine has no descriptor or memory left. One waiting connection has been
    /// closed if possible; stop accepting for some 100 ms, or the loop spins.
    case descriptorLimit
}

/// Accepts connections and survives the limit of descriptors.
struct Acceptor: ~Copyable {
    /// Given up for a moment to accept and close a connection that there is no room for.
    private var reserve: Descriptor?

    enum Outcome {
        case accepted(Int32, peer: hypha_address)
        case wouldBlock
        case aborted
        case descriptorLimit
    }

    init() {
        reserve = Self.openReserve()
    }

    mutating func accept(on listener: borrowing Descriptor) throws(SystemError) -> Outcome {
        var peer = hypha_address()
        // Safe: the shim writes one address.
        let result = unsafe hypha_accept(listener.rawValue, &peer)
        guard result < 0 else {
            if reserve == nil { reserve = Self.openReserve() }
            return .accepted(result, peer: peer)
        }
        switch -result {
        case EAGAIN:
            return .wouldBlock
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            turnOneAway(listener)
            return .descriptorLimit
        // Linux passes errors of the new connection on (accept(2), "Error handling").
        case ECONNABORTED, EPERM, ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH,
            EOPNOTSUPP, ENETUNREACH, ETIMEDOUT:
            return .aborted
        default:
            try check(result, .accept)
            return .aborted
        }
    }

    private mutating func turnOneAway(_ listener: borrowing Descriptor) {
        reserve = nil
        var peer = hypha_address()
        // Safe: the shim writes one address.
        let result = unsafe hypha_accept(listener.rawValue, &peer)
        if result >= 0 { _ = Descriptor(adopting: result) }
        reserve = Self.openReserve()
    }

    private static func openReserve() -> Descriptor? {
        let result = hypha_open_reserve()
        return result < 0 ? nil : Descriptor(adopting: result)
    }
}
