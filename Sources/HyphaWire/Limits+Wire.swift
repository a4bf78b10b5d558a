// SPDX-License-Identifier: Apache-2.0
package import HyphaBase

extension Limits {
    /// TLVs taken from one control packet; further ones are checked, skipped and counted.
    package static let controlTLVsMax = 512
    /// Largest sealed body quoted in an out-of-band report, bytes; a larger one is left out.
    package static let reportBodyBytesMax = 1232
}
