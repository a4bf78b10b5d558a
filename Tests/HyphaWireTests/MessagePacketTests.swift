// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

@Suite struct MessagePacketTests {
    private func bytes(_ packet: MessagePacket) -> [UInt8] {
        var result: [UInt8] = []
        packet.append(to: &result)
        return result
    }

    private func error(_ bytes: [UInt8]) -> WireError? {
        do throws(WireError) {
            _ = try MessagePacket(bytes.span)
            return nil
        } catch {
            return error
        }
    }

    private func header(_ flags: UInt16) -> [UInt8] {
        [1, 2, 3, 4, 5, 6, 7, 8, UInt8(flags >> 8), UInt8(flags & 0xff), 0, 0]
    }

    private func body(_ random: inout SplitMix) throws -> MessagePacket.Body {
        func data(_ count: ClosedRange<Int>) -> [UInt8] {
            (0..<Int.random(in: count, using: &random)).map { UInt8(truncatingIfNeeded: $0) }
        }
        let chunk = MessageChunk(index: random.next(), offset: random.next())
        let summary = MessageSummary(
            chunkCount: random.next(),
            checksum: SIMD4(random.next(), random.next(), random.next(), random.next())
        )
        switch Int.random(in: 0...8, using: &random) {
        case 0:
            let topic = try #require(MessageTopic(data(0...255)))
            return .initiation(byteCount: random.next(), topic: topic)
        case 1:
            return .initiationAcknowledgement(byteCount: random.next(), topicByteCount: 255)
        case 2: return .chunk(chunk, data: data(0...1300))
        case 3: return .chunkAcknowledgement(chunk, byteCount: random.next())
        case 4: return .done(summary)
        case 5: return .doneAcknowledgement(summary)
        case 6: return .read
        case 7: return .readAcknowledgement
        default: return .aborted
        }
    }

    @Test(arguments: [UInt64(1), 2]) func everyPacketSurvivesTheWire(seed: UInt64) throws {
        var random = SplitMix(seed)
        for _ in 0..<500 {
            let packet = MessagePacket(
                id: random.next(),
                isReply: .random(using: &random),
                body: try body(&random)
            )
            #expect(try MessagePacket(bytes(packet).span) == packet)
        }
    }

    @Test func acknowledgementsAreThoseOfTheVectors() throws {
        func vector(_ name: String) throws -> [UInt8] {
            let found = Vectors.derived.messagePackets.first { $0.name == name }
            return Vectors.bytes(try #require(found).inner)
        }
        let pairs = [
            ("init", "init_ack"), ("init_reply", "init_reply_ack"), ("chunk_0", "chunk_0_ack"),
            ("done", "done_ack"),
        ]
        for (name, answer) in pairs {
            let bytes = try vector(name)
            let packet = try MessagePacket(bytes.span)
            let acknowledgement = try #require(packet.acknowledgement)
            let expected = try vector(answer)
            #expect(self.bytes(acknowledgement) == expected, "\(name)")
            #expect(acknowledgement.acknowledgement == nil)
        }
        for name in ["read", "abort"] {
            let bytes = try vector(name)
            #expect(try MessagePacket(bytes.span).acknowledgement == nil)
        }
    }

    @Test func theFirstFlagCounts() throws {
        // INIT, CHUNK, DONE, READ, ABORTED, in this order.
        let body = [UInt8](repeating: 0, count: 9)
        #expect(try MessagePacket((header(0xf800) + body).span).acknowledgement != nil)
        #expect(try MessagePacket(header(0x2800).span).body == .read)
        #expect(try MessagePacket(header(0x2000).span).body == .aborted)
        #expect(try MessagePacket(header(0x0900).span).body == .readAcknowledgement)
    }

    @Test func flagsThatNameNothingAreRefused() {
        for flags: UInt16 in [0, 0x0100, 0x0400, 0x02ff, 0x2100] {
            #expect(error(header(flags)) == .messageFlags(found: flags))
        }
        #expect(error(header(0x2aff)) == nil)
    }

    @Test func cutPacketsAreRefused() throws {
        var random = SplitMix(7)
        for _ in 0..<100 {
            let whole = bytes(MessagePacket(id: 1, body: try body(&random)))
            for count in 0..<whole.count {
                guard case .truncated(let needed, count)? = error(Array(whole[..<count])) else {
                    Issue.record("\(count) of \(whole.count) bytes were accepted")
                    return
                }
                #expect(needed > count && needed <= whole.count)
            }
        }
    }

    @Test func bytesBehindAPacketAreRefusedExceptInAcknowledgements() throws {
        for vector in Vectors.derived.messagePackets {
            let whole = Vectors.bytes(vector.inner)
            let expected: WireError? =
                vector.name.contains("ack")
                ? nil : .surplus(expected: whole.count, found: whole.count + 1)
            #expect(error(whole + [0]) == expected, "\(vector.name)")
        }
    }

    @Test func chunkSizesBeyondAnyPacketAreRefused() {
        for size: UInt64 in [1, 1 << 31, 1 << 32, 1 << 63, .max] {
            var packet = header(0x1000) + [UInt8](repeating: 0, count: 16)
            packet.appendBigEndian(size)
            guard case .truncated? = error(packet) else {
                Issue.record("\(size) bytes were accepted")
                return
            }
        }
    }

    @Test func aTopicHasAtMost255Bytes() {
        #expect(MessageTopic([UInt8](repeating: 1, count: 255)) != nil)
        #expect(MessageTopic([UInt8](repeating: 1, count: 256)) == nil)
        #expect(MessageTopic([]) == MessageTopic.none)
    }
}
