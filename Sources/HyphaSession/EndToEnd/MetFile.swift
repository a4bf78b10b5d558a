// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes

/// The file of the remembered nodes: changes are appended, now and then it is written anew.
///
///     | "HYPHAMET" 8 | version 1 | zero 3 |  then records:
///     | kind 1 | n 1 | content n | n 1 |
///
///     kind 1, remember:  | key 32 | first met, seconds since 1970, 8 | flags 1 |   bit 0 = own
///     kind 2, forget:    | key 32 |
///
/// Both sizes of a record must agree, so a record that was not written whole ends the file; other
/// kinds are skipped. Integers are big-endian.
package enum MetFile {
    /// What an empty file consists of.
    package static let header: [UInt8] = Array("HYPHAMET".utf8) + [version, 0, 0, 0]
    /// The version that this code writes and reads.
    package static let version: UInt8 = 1

    private static let rememberKind: UInt8 = 1
    private static let forgetKind: UInt8 = 2
    private static let rememberByteCount = PublicKey.byteCount + 9
    /// Kind and both sizes, bytes.
    private static let frameByteCount = 3

    /// Why a file cannot be used.
    package enum Failure: Error, Hashable, Sendable {
        /// It is something else.
        case foreign
        /// It was written by another version, which this one must not overwrite.
        case version(UInt8)
    }

    /// What a file says.
    package struct Content: Hashable, Sendable {
        /// The nodes still remembered, in the order in which the file first names them.
        package var nodes: [MetNode]
        /// Bytes up to the end of the last whole record; the rest is to be cut off.
        package var validByteCount: Int
        /// Records read; far more than nodes = worth writing anew.
        package var recordCount: Int
    }

    /// A whole file.
    package static func image(of nodes: [MetNode]) -> [UInt8] {
        header + nodes.flatMap { record(.remember($0)) }
    }

    /// What is appended for a change.
    package static func record(_ change: MetChange) -> [UInt8] {
        var content: [UInt8] = []
        let kind: UInt8
        switch change {
        case .remember(let node):
            kind = rememberKind
            node.key.appendBytes(to: &content)
            content.appendBigEndian(node.metAtSeconds)
            content.append(node.isOwn ? 1 : 0)
        case .forget(let key):
            kind = forgetKind
            key.appendBytes(to: &content)
        }
        let size = UInt8(truncatingIfNeeded: content.count)
        return [kind, size] + content + [size]
    }

    /// Reads a file; an empty one has no nodes.
    ///
    /// - Throws: ``Failure``; a torn end is none.
    package static func decode(_ bytes: Span<UInt8>) throws(Failure) -> Content {
        guard !bytes.isEmpty else { return Content(nodes: [], validByteCount: 0, recordCount: 0) }
        guard bytes.count >= header.count else { throw .foreign }
        for i in 0..<8 where bytes[i] != header[i] { throw .foreign }
        guard bytes[8] == version else { throw .version(bytes[8]) }
        var nodes: [PublicKey: MetNode] = [:]
        var order: [PublicKey] = []
        var offset = header.count
        var recordCount = 0
        while bytes.count - offset >= frameByteCount {
            let size = Int(bytes[offset + 1])
            let end = offset + frameByteCount + size
            guard end <= bytes.count, bytes[end - 1] == bytes[offset + 1] else { break }
            let content = bytes.extracting(offset + 2..<end - 1)
            if let change = change(kind: bytes[offset], content) {
                apply(change, to: &nodes, &order)
            }
            recordCount += 1
            offset = end
        }
        return Content(
            nodes: order.compactMap { nodes.removeValue(forKey: $0) },
            validByteCount: offset,
            recordCount: recordCount
        )
    }

    private static func apply(
        _ change: MetChange,
        to nodes: inout [PublicKey: MetNode],
        _ order: inout [PublicKey]
    ) {
        switch change {
        case .remember(let node):
            if nodes.updateValue(node, forKey: node.key) == nil { order.append(node.key) }
        case .forget(let key):
            nodes[key] = nil
        }
    }

    private static func change(kind: UInt8, _ content: Span<UInt8>) -> MetChange? {
        guard content.count >= PublicKey.byteCount,
            let key = PublicKey(content.extracting(first: PublicKey.byteCount))
        else { return nil }
        if kind == forgetKind, content.count == PublicKey.byteCount { return .forget(key) }
        guard kind == rememberKind, content.count == rememberByteCount else { return nil }
        return .remember(
            MetNode(
                key: key,
                metAtSeconds: content.bigEndian(at: PublicKey.byteCount),
                isOwn: content[rememberByteCount - 1] & 1 != 0
            )
        )
    }
}
