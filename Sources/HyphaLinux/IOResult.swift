// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What one read or write did; no error is thrown on the packet path.
package enum IOResult: Hashable, Sendable {
    /// Bytes read or written; a write may take fewer than it was given.
    case count(Int)
    /// Nothing can be done until the descriptor is ready; also the end of a socket's own timeout.
    case wouldBlock
    /// The other side will send nothing more.
    case endOfStream
    /// An errno value, above 0: the descriptor is of no further use, except that a TUN interface
    /// goes on after a packet that it refused.
    case failed(Int32)

    /// - Parameters:
    ///   - result: A byte count or -errno.
    ///   - zeroEnds: Whether no bytes at all mean the end of the stream.
    init(_ result: Int, zeroEnds: Bool) {
        if result > 0 || result == 0 && !zeroEnds {
            self = .count(result)
        } else if result == 0 {
            self = .endOfStream
        } else {
            let code = Int32(truncatingIfNeeded: -result)
            refuseOwnMistake(code)
            self = code == EAGAIN ? .wouldBlock : .failed(code)
        }
    }
}
