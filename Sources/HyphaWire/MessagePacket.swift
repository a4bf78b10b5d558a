// SPDX-License-Identifier: Apache-2.0

/// One packet of the message protocol: the content of a body of type 1, after the user header
/// (base protocol sections 6.1 and 6.2).
package struct MessagePacket: Hashable, Sendable {
    /// Random; the same in every packet of one message and in those of its reply.
    package var id: UInt64
    /// Whether this is about an answer to the message `id`; the base sets it on INIT only.
    package var isReply: Bool
    package var body: Body

    /// What the packet says.
    package enum Body: Hashable, Sendable {
        /// INIT: a message of `byteCount` bytes follows; `topic` is 0...255 bytes.
        case initiation(byteCount: UInt64, topic: MessageTopic)
        /// INIT+ACK: as received, the topic's bytes missing.
        case initiationAcknowledgement(byteCount: UInt64, topicByteCount: UInt8)
        /// CHUNK: a part of the message.
        case chunk(MessageChunk, data: [UInt8])
        /// CHUNK+ACK: the chunk's description without its data.
        case chunkAcknowledgement(MessageChunk, byteCount: UInt64)
        /// DONE: every chunk was acknowledged.
        case done(MessageSummary)
        /// DONE+ACK: the message is complete at the receiver.
        case doneAcknowledgement(MessageSummary)
        /// READ: the receiving program has fetched the message.
        case read
        /// READ+ACK: understood by the base, never sent.
        case readAcknowledgement
        /// ABORTED: the sender gives up.
        case aborted
    }

    /// - Parameters:
    ///   - id: Random number of the message.
    ///   - isReply: Whether this is about an answer to the message `id`.
    ///   - body: What the packet says.
    package init(id: UInt64, isReply: Bool = false, body: Body) {
        self.id = id
        self.isReply = isReply
        self.body = body
    }

    /// What acknowledges this packet, or `nil` for those that nobody acknowledges.
    package var acknowledgement: MessagePacket? {
        switch body {
        case .initiation(let byteCount, let topic):
            MessagePacket(
                id: id,
                isReply: isReply,
                body: .initiationAcknowledgement(
                    byteCount: byteCount,
                    topicByteCount: UInt8(truncatingIfNeeded: topic.bytes.count)
                )
            )
        case .chunk(let chunk, let data):
            MessagePacket(
                id: id,
                isReply: isReply,
                body: .chunkAcknowledgement(chunk, byteCount: UInt64(data.count))
            )
        case .done(let summary):
            MessagePacket(id: id, isReply: isReply, body: .doneAcknowledgement(summary))
        case .initiationAcknowledgement, .chunkAcknowledgement, .doneAcknowledgement, .read,
            .readAcknowledgement, .aborted:
            nil
        }
    }
}

/// The topic of a message: 0...255 bytes of any value, UTF-8 by custom.
package struct MessageTopic: Hashable, Sendable {
    package let bytes: [UInt8]

    /// No topic.
    package static let none = MessageTopic()

    private init() { bytes = [] }

    /// - Parameter bytes: 0...255 bytes, otherwise `nil`.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= 255 else { return nil }
        self.bytes = bytes
    }
}

/// Where a chunk belongs in its message.
package struct MessageChunk: Hashable, Sendable {
    /// Counts from 0.
    package var index: UInt64
    /// Where the chunk's data begins in the message, bytes.
    package var offset: UInt64

    /// - Parameters:
    ///   - index: Number of the chunk, from 0.
    ///   - offset: Where its data begins in the message, bytes.
    package init(index: UInt64, offset: UInt64) {
        self.index = index
        self.offset = offset
    }
}

/// What a complete message is checked against.
package struct MessageSummary: Hashable, Sendable {
    package var chunkCount: UInt64
    /// BLAKE3-256 of the whole payload, as four big-endian words.
    package var checksum: SIMD4<UInt64>

    /// - Parameters:
    ///   - chunkCount: How many chunks the message has.
    ///   - checksum: BLAKE3-256 of the whole payload, as four big-endian words.
    package init(chunkCount: UInt64, checksum: SIMD4<UInt64>) {
        self.chunkCount = chunkCount
        self.checksum = checksum
    }
}
