// SPDX-License-Identifier: Apache-2.0
import CHyphaCrypto
import HyphaBase

/// Random bytes of the kernel.
package enum Entropy {
    /// Overwrites `bytes` with random ones; stops the process when the kernel has none to give.
    package static func fill(_ bytes: inout MutableSpan<UInt8>) {
        let result = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            // Safe: pointer and size belong together.
            unsafe hypha_random(buffer.baseAddress, buffer.count)
        }
        invariant(result == 0, "getrandom failed with errno \(-result)")
    }

    /// Overwrites `words` with random ones; stops the process when the kernel has none to give.
    package static func fill(_ words: inout [UInt32]) {
        let result = unsafe words.withUnsafeMutableBytes { buffer in
            // Safe: any bytes are integers.
            unsafe hypha_random(buffer.baseAddress, buffer.count)
        }
        invariant(result == 0, "getrandom failed with errno \(-result)")
    }

    /// 64 random bits.
    package static func word() -> UInt64 {
        var word: UInt64 = 0
        let result = unsafe withUnsafeMutableBytes(of: &word) { buffer in
            // Safe: any 8 bytes are an integer.
            unsafe hypha_random(buffer.baseAddress, buffer.count)
        }
        invariant(result == 0, "getrandom failed with errno \(-result)")
        return word
    }
}
