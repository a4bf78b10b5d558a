// SPDX-License-Identifier: Apache-2.0
import CMemoryCheck

/// Which bytes valgrind takes for secret.
enum Secrecy {
    /// Whether valgrind runs this program.
    static var isWatched: Bool { hypha_memory_check_state() == 1 }

    /// A copy of `bytes` that nothing may depend on.
    static func hidden(_ bytes: [UInt8]) -> [UInt8] {
        let copy = bytes.map { $0 }
        // Safe: pointer and size belong together, and the memory is not touched.
        unsafe copy.withUnsafeBytes { unsafe hypha_memory_check_hide($0.baseAddress, $0.count) }
        return copy
    }

    /// Makes a part of an array public; copies that share its memory, too.
    static func reveal(_ bytes: [UInt8], _ range: Range<Int>) {
        // Safe: pointer and size belong together, and the memory is not touched.
        unsafe bytes[range].withUnsafeBytes {
            unsafe hypha_memory_check_reveal($0.baseAddress, $0.count)
        }
    }

    /// Makes an array public; copies that share its memory, too.
    static func reveal(_ bytes: [UInt8]) { reveal(bytes, bytes.indices) }
}
