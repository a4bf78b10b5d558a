// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Parts of frames that wait for the other one, for each link, a power of two.
    ///
    /// A further one takes the place of that whose counter falls on the same place.
    package static let partGroupsMax = 256
    /// Largest part of a frame, bytes: one on a carrier of 9000-byte packets; others are dropped
    /// and counted.
    package static let partBytesMax = 9216
    /// How long a part waits; then it is dropped and counted.
    package static let partWait: Duration = .milliseconds(500)
}
