// SPDX-License-Identifier: Apache-2.0
package import HyphaBase
import HyphaLinux
package import HyphaNode

/// How far the timestamps of this node's handshakes have come, kept over restarts: 12 bytes.
///
/// A peer ignores an initiation that is older than the last one it saw, so they must never go back,
/// whatever the clock does.
package struct ClockFile {
    private let path: String

    /// - Parameter stateDirectory: Where the node keeps its state.
    package init(stateDirectory: String) { path = stateDirectory + "/handshake-clock" }

    /// The wall clock, and what was written last; a file that is not whole counts as none.
    package func read() -> NodeClock {
        let time = UInt64(clamping: MonotonicClock.wallClockNanoseconds())
        let wallClock = TAI64N(
            unixSeconds: time / 1_000_000_000,
            nanoseconds: UInt32(clamping: time % 1_000_000_000)
        )
        let content = try? BoundedFile.read(path, ceiling: TAI64N.byteCount)
        return NodeClock(wallClock: wallClock, persisted: content.flatMap { TAI64N($0.span) })
    }

    /// Writes it anew, whole or not at all.
    ///
    /// - Parameter timestamp: The greatest one that may be sent.
    /// - Returns: What went wrong, in words.
    package func write(_ timestamp: TAI64N) -> String? {
        let code = RecordFile(path: path).replace(with: timestamp.bytes)
        return code == 0 ? nil : "\(path): errno \(code)"
    }
}
