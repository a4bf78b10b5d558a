// SPDX-License-Identifier: Apache-2.0

/// What this build is called.
package enum HyphaVersion {
    /// Semantic version of the program.
    package static let text = "0.1.0"
}
