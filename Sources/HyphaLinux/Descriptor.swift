// SPDX-License-Identifier: Apache-2.0
import CHyphaLinux
import Glibc
import HyphaBase

/// An open file descriptor; closed when the value ends.
///
/// Reading and writing allocate nothing and take no lock. EINTR is retried in the shim.
package struct Descriptor: ~Copyable, Sendable {
    /// The number, valid as long as this value lives.
    package let rawValue: Int32

    /// - Parameter rawValue: An open descriptor that nobody else will close.
    package init(adopting rawValue: Int32) {
        invariant(rawValue >= 0, "only an open descriptor can be adopted")
        self.rawValue = rawValue
    }

    deinit {
        refuseOwnMistake(-hypha_close(rawValue))
    }

    /// Ends the ownership without closing.
    ///
    /// - Returns: The number, which the caller now closes.
    package consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    /// Opens an existing file for reading.
    ///
    /// - Throws: ``SystemError`` of `open(2)`.
    package static func opening(_ path: String) throws(SystemError) -> Descriptor {
        try refuseZeroByte(in: path, .openFile)
        // Safe: the text lives for the call.
        let result = unsafe hypha_open_file(path, 0)
        return Descriptor(adopting: try check(result, .openFile))
    }
}

extension Descriptor {
    /// Reads at most `buffer.count` bytes (`read(2)`).
    package func read(into buffer: inout MutableSpan<UInt8>) -> IOResult {
        let room = buffer.count
        // Safe: the shim writes at most the buffer's size and keeps no pointer.
        let result = unsafe buffer.withUnsafeMutableBufferPointer { bytes in
            unsafe hypha_read(rawValue, bytes.baseAddress, bytes.count)
        }
        return IOResult(result, zeroEnds: room > 0)
    }

    /// Receives at most `buffer.count` bytes from a socket (`recv(2)`).
    package func receive(into buffer: inout MutableSpan<UInt8>) -> IOResult {
        let room = buffer.count
        // Safe: the shim writes at most the buffer's size and keeps no pointer.
        let result = unsafe buffer.withUnsafeMutableBufferPointer { bytes in
            unsafe hypha_receive(rawValue, bytes.baseAddress, bytes.count)
        }
        return IOResult(result, zeroEnds: room > 0)
    }

    /// Writes what it can of `bytes` (`write(2)`).
    package func write(_ bytes: Span<UInt8>) -> IOResult {
        // Safe: the shim reads the span's bytes only and keeps no pointer.
        let result = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe hypha_write(rawValue, bytes.baseAddress, bytes.count)
        }
        return IOResult(result, zeroEnds: false)
    }

    /// Sends what it can of `bytes` over a socket; never raises SIGPIPE (`send(2)`).
    package func send(_ bytes: Span<UInt8>) -> IOResult {
        // Safe: the shim reads the span's bytes only and keeps no pointer.
        let result = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe hypha_send(rawValue, bytes.baseAddress, bytes.count)
        }
        return IOResult(result, zeroEnds: false)
    }

    /// Writes parts of one region as one piece, for TUN one packet (`writev(2)`).
    ///
    /// - Parameters:
    ///   - base: The region.
    ///   - slices: Parts of it; the first ``Limits/gatheredSlicesMax`` are taken.
    /// - Returns: Bytes written, or why there are none.
    package func writeSlices(of base: Span<UInt8>, slices: Span<ByteSlice>) -> IOResult {
        // Safe: the shim checks every slice against the region and keeps no pointer.
        let result = unsafe base.withUnsafeBufferPointer { bytes in
            unsafe slices.withUnsafeBufferPointer { slices in
                unsafe hypha_write_slices(
                    rawValue,
                    bytes.baseAddress,
                    bytes.count,
                    slices.baseAddress,
                    slices.count
                )
            }
        }
        return IOResult(result, zeroEnds: false)
    }

    /// Sends parts of one region over a socket; never raises SIGPIPE (`sendmsg(2)`).
    ///
    /// - Parameters:
    ///   - base: The region.
    ///   - slices: Parts of it; the first ``Limits/gatheredSlicesMax`` are taken, and of their
    ///     bytes as many as the socket has room for.
    /// - Returns: Bytes taken, or why there are none.
    package func sendSlices(of base: Span<UInt8>, slices: Span<ByteSlice>) -> IOResult {
        // Safe: the shim checks every slice against the region and keeps no pointer.
        let result = unsafe base.withUnsafeBufferPointer { bytes in
            unsafe slices.withUnsafeBufferPointer { slices in
                unsafe hypha_send_slices(
                    rawValue,
                    bytes.baseAddress,
                    bytes.count,
                    slices.baseAddress,
                    slices.count
                )
            }
        }
        return IOResult(result, zeroEnds: false)
    }

    /// Tells the other side of a stream that nothing more comes (`shutdown(2)`).
    ///
    /// A connection that is gone already is left as it is.
    package func shutDownWriting() {
        refuseOwnMistake(-hypha_shut_down_writing(rawValue))
    }
}
