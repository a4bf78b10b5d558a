// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Tells from bytes alone when a carrier carried data last: what it carried, less the frames of the
/// link itself, which all pass through ``LinkEngine`` one way or the other.
///
/// The packet path shows its counts a moment before or after the engine sees the frames they are
/// of, and empty frames are never handed up. So a difference that is small, or grows slowly, or
/// comes again, is none.
struct DataMeter {
    /// When data went last, or the carrier came up.
    private(set) var usedAt: Instant
    /// Bytes of the link's own frames.
    private var ownBytes: Int64 = 0
    /// What of the difference is accounted for.
    private var level: Int64 = 0
    private var takenAt: Instant

    /// Bytes that are no sign of data.
    static let slackBytes: Int64 = 256
    /// The same again for each second: twice what empty frames against NAT come to.
    static let slackBytesPerSecond: Int64 = 4

    init(now: Instant) {
        usedAt = now
        takenAt = now
    }

    /// Notes a frame of the link itself, sent or received.
    mutating func noteOwn(byteCount: Int) { ownBytes &+= Int64(byteCount) }

    /// Takes all bytes that the carrier has carried so far.
    mutating func take(byteCount: UInt64, now: Instant) {
        let data = Int64(truncatingIfNeeded: byteCount) &- ownBytes
        let seconds = now.elapsed(since: takenAt).milliseconds / 1000
        if seconds > 0 {
            takenAt = takenAt + .seconds(seconds)
            level = max(level, min(data, level &+ seconds &* Self.slackBytesPerSecond))
        }
        guard data > level &+ Self.slackBytes else { return }
        level = data
        usedAt = now
    }
}
