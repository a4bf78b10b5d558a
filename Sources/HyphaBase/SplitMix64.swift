// SPDX-License-Identifier: Apache-2.0

/// A small seeded generator (Steele, Lea, Flood: SplitMix) for jitter and simulations; no secrets.
///
/// An engine that composes others draws one seed for each, so that their streams do not depend on
/// the order in which they draw.
package struct SplitMix64: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    /// - Parameter seed: Any value; equal seeds give equal streams.
    package init(seed: UInt64) { state = seed }

    /// The next 64 bits of the stream.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
