// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto
import HyphaBase
import HyphaSession

/// BLAKE2s with 32 bytes (RFC 7693): the hash of WireGuard's handshake, whose known answers test
/// ours.
package enum BLAKE2s: NoiseHash {
    package static let name = "BLAKE2s"
    package static let blockByteCount = 64

    /// As ``NoiseHash`` says.
    package static func hash(_ message: Span<UInt8>, into output: inout MutableSpan<UInt8>) {
        invariant(output.count == byteCount, "a hash has 32 bytes")
        // Safe: pointers and sizes belong together, and the output was checked.
        let result = unsafe message.withUnsafeBufferPointer { message in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe hypha_blake2s(output.baseAddress, message.baseAddress, message.count)
            }
        }
        invariant(result == 0, "libcrypto cannot hash")
    }
}
