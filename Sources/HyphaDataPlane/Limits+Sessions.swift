// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// Subnets with a policy, in use or remembered; a further one follows the default and is
    /// counted.
    package static let sessionPoliciesMax = 2 * 65_536
    /// Subnets whose last question is remembered, a power of two; another one takes the place of
    /// an older.
    package static let wantedTimesMax = 1_024
    /// Questions for sessions a second; packets of further subnets ask again.
    package static let wantedPerSecond = 2_000
    package static let wantedBurst = 2_000
    /// Handshakes from end to end handed to the control plane a second; further ones are dropped
    /// and counted, and their senders repeat them.
    package static let sessionMessagesPerSecond = 2_000
    package static let sessionMessagesBurst = 500
    /// Bodies of session control handed to the control plane a second, and at once; further ones are
    /// dropped and counted, and their senders repeat them.
    package static let sessionControlsPerSecond = 500
    /// Used sessions are told to the control plane after so long.
    package static let sessionReportInterval = Duration.seconds(2)
}
