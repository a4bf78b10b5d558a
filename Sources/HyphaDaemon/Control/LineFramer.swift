// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaControl

/// Cuts a byte stream into lines; one for each connection to the control socket.
package struct LineFramer: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0
    /// Bytes from `start` on that hold no line feed.
    private var searched = 0
    private let ceiling: Int

    /// A line past the ceiling: answer ``HyphaControl/ControlError/lineTooLong`` and close.
    package struct LineTooLong: Error, Hashable, Sendable {}

    /// - Parameter ceiling: Longest line, bytes, without its line feed.
    package init(ceiling: Int = Limits.controlRequestBytesMax) { self.ceiling = ceiling }

    /// Bytes held back at present, at most the ceiling plus what one ``append(_:)`` brought.
    package var byteCount: Int { bytes.count - start }

    /// Takes what was read from the connection.
    package mutating func append(_ chunk: Span<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.reserveCapacity(bytes.count + chunk.count)
        for i in chunk.indices { bytes.append(chunk[i]) }
    }

    /// The next whole line without its line feed, or `nil` until more bytes come.
    ///
    /// - Throws: ``LineTooLong``; the connection is of no further use.
    package mutating func next() throws(LineTooLong) -> [UInt8]? {
        let feed = UInt8(ascii: "\n")
        var end = start + searched
        while end < bytes.count, bytes[end] != feed { end += 1 }
        guard end - start <= ceiling else { throw LineTooLong() }
        guard end < bytes.count else {
            searched = end - start
            return nil
        }
        let line = Array(bytes[start..<end])
        start = end + 1
        searched = 0
        return line
    }
}
