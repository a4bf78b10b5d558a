// SPDX-License-Identifier: Apache-2.0
import HyphaBytes

extension MessagePacket {
    /// The flags of base protocol section 6.1; the other bits are unused.
    private struct Flags: OptionSet {
        let rawValue: UInt16

        static let initiation = Flags(rawValue: 0x8000)
        static let done = Flags(rawValue: 0x4000)
        static let aborted = Flags(rawValue: 0x2000)
        static let chunk = Flags(rawValue: 0x1000)
        static let read = Flags(rawValue: 0x0800)
        static let reply = Flags(rawValue: 0x0400)
        static let acknowledgement = Flags(rawValue: 0x0100)

        /// The order in which the base looks at flags when several are set.
        static let kinds: [Flags] = [.initiation, .chunk, .done, .read, .aborted]
    }

    /// Size of the header in bytes.
    package static let headerByteCount = 12

    /// Reads a message packet.
    ///
    /// Unused flags and reserved bytes are not looked at. An acknowledgement may carry more than
    /// it must: older releases of the base echo the data of a chunk.
    ///
    /// - Parameter content: What follows the user header of a body of type 1.
    /// - Throws: ``WireError`` when it is none; the packet is dropped.
    package init(_ content: Span<UInt8>) throws(WireError) {
        var reader = FieldReader(content)
        id = try reader.integer()
        let flags = Flags(rawValue: try reader.integer())
        try reader.skip(2)
        isReply = flags.contains(.reply)
        let isAcknowledgement = flags.contains(.acknowledgement)
        switch (Flags.kinds.first(where: flags.contains), isAcknowledgement) {
        case (.initiation?, false):
            body = try reader.initiation()
        case (.initiation?, true):
            body = .initiationAcknowledgement(
                byteCount: try reader.integer(),
                topicByteCount: try reader.integer()
            )
        case (.chunk?, false):
            body = try reader.chunk()
        case (.chunk?, true):
            body = .chunkAcknowledgement(
                MessageChunk(index: try reader.integer(), offset: try reader.integer()),
                byteCount: try reader.integer()
            )
        case (.done?, false):
            body = .done(try reader.summary())
        case (.done?, true):
            body = .doneAcknowledgement(try reader.summary())
        case (.read?, _):
            body = isAcknowledgement ? .readAcknowledgement : .read
        case (.aborted?, false):
            body = .aborted
        default:
            throw .messageFlags(found: flags.rawValue)
        }
        guard isAcknowledgement || reader.rest.isEmpty else {
            throw .surplus(expected: content.count - reader.rest.count, found: content.count)
        }
    }

    /// Appends the packet.
    ///
    /// - Parameter buffer: Where the user header already is.
    package func append(to buffer: inout [UInt8]) {
        buffer.appendBigEndian(id)
        buffer.appendBigEndian((isReply ? flags.union(.reply) : flags).rawValue)
        buffer += [0, 0]
        switch body {
        case .initiation(let byteCount, let topic):
            buffer.appendBigEndian(byteCount)
            buffer.append(UInt8(truncatingIfNeeded: topic.bytes.count))
            buffer += topic.bytes
        case .initiationAcknowledgement(let byteCount, let topicByteCount):
            buffer.appendBigEndian(byteCount)
            buffer.append(topicByteCount)
        case .chunk(let chunk, let data):
            buffer.append(chunk, byteCount: UInt64(data.count))
            buffer += data
        case .chunkAcknowledgement(let chunk, let byteCount):
            buffer.append(chunk, byteCount: byteCount)
        case .done(let summary), .doneAcknowledgement(let summary):
            buffer.appendBigEndian(summary.chunkCount)
            for i in 0..<4 { buffer.appendBigEndian(summary.checksum[i]) }
        case .read, .readAcknowledgement, .aborted:
            break
        }
    }

    private var flags: Flags {
        switch body {
        case .initiation: .initiation
        case .initiationAcknowledgement: [.initiation, .acknowledgement]
        case .chunk: .chunk
        case .chunkAcknowledgement: [.chunk, .acknowledgement]
        case .done: .done
        case .doneAcknowledgement: [.done, .acknowledgement]
        case .read: .read
        case .readAcknowledgement: [.read, .acknowledgement]
        case .aborted: .aborted
        }
    }
}

extension FieldReader {
    fileprivate mutating func initiation() throws(WireError) -> MessagePacket.Body {
        let byteCount: UInt64 = try integer()
        let topicByteCount: UInt8 = try integer()
        let topic = [UInt8](copying: try take(Int(topicByteCount)))
        return .initiation(byteCount: byteCount, topic: MessageTopic(topic) ?? .none)
    }

    fileprivate mutating func chunk() throws(WireError) -> MessagePacket.Body {
        let chunk = MessageChunk(index: try integer(), offset: try integer())
        // A size beyond any packet is one that is not there.
        let byteCount = Int(clamping: try integer(UInt64.self))
        let data = [UInt8](copying: try take(min(byteCount, Int(UInt32.max))))
        return .chunk(chunk, data: data)
    }

    fileprivate mutating func summary() throws(WireError) -> MessageSummary {
        MessageSummary(
            chunkCount: try integer(),
            checksum: SIMD4(try integer(), try integer(), try integer(), try integer())
        )
    }
}

extension Array where Element == UInt8 {
    fileprivate mutating func append(_ chunk: MessageChunk, byteCount: UInt64) {
        appendBigEndian(chunk.index)
        appendBigEndian(chunk.offset)
        appendBigEndian(byteCount)
    }
}
