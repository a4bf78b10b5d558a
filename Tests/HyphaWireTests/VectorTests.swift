// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaWire
import Testing

/// Every packet of the vector files: decoded and encoded again, it is the same to the byte.
@Suite struct VectorTests {
    /// Takes a stream apart and puts every packet's header or TLV together again.
    private func rebuilt(_ stream: [UInt8]) throws -> [UInt8] {
        var result: [UInt8] = []
        var offset = 0
        while offset < stream.count {
            let frame = try #require(try StreamFrame.first(in: stream.span.extracting(offset...)))
            let packet = stream.span.extracting(offset..<offset + frame.byteCount)
            switch frame.kind {
            case .control:
                let control = try ControlPacket.decode(packet.extracting(4...))
                #expect(control.tlvs.count == 1 && control.skippedCount == 0)
                for tlv in control.tlvs { ControlPacket.appendFramed(tlv, to: &result) }
            case .data:
                let header = try DataHeader(packet)
                #expect(Int(header.bodyByteCount) == frame.byteCount - DataHeader.byteCount)
                var bytes = [UInt8](repeating: 0xee, count: DataHeader.byteCount)
                var span = bytes.mutableSpan
                header.write(to: &span)
                result += bytes
                result.append(contentsOf: packet.extracting(DataHeader.byteCount...))
            case .sealed:
                StreamFrame.appendSealed(packet.extracting(4...), to: &result)
            }
            offset += frame.byteCount
        }
        return result
    }

    @Test func everyFramedPacketComesOutAsItWentIn() throws {
        #expect(Vectors.framed.count > 45)
        for (name, bytes) in Vectors.framed {
            #expect(try rebuilt(bytes) == bytes, "\(name)")
        }
    }

    @Test func theFirstBytesOfALinkAreAnUpdateAndARequest() throws {
        let transcript = Vectors.derived.connectTranscriptAToPeerWithOnePendingQuery
        let bytes = Vectors.bytes(transcript.bytes)
        #expect(try rebuilt(bytes) == bytes)
        let a = try #require(RouterID(vector: "A"))
        let own = try #require(Prefix("520:c662:fd00:9e92::/64"))
        let searched = try #require(Prefix("52d:dc0:ab0c:851a::/64"))
        var expected: [UInt8] = []
        let update = Update(seqno: Seqno(0), metric: .zero, prefix: .ipv6(own), routerID: a)
        ControlPacket.appendFramed(.update(update), to: &expected)
        let request = RouteRequest(generation: 0, prefix: .ipv6(searched))
        ControlPacket.appendFramed(.routeRequest(request), to: &expected)
        #expect(expected == bytes)
    }

    @Test func controlPacketsHaveTheFieldsTheyAreDescribedWith() throws {
        var decoded: [String: ControlTLV] = [:]
        for vector in Vectors.derived.controlPackets {
            let bytes = Vectors.bytes(vector.framedPacket)
            #expect(bytes[8] == vector.tlvType)
            decoded[vector.name] = try ControlPacket.decode(bytes.span.extracting(4...)).tlvs.first
        }
        let b = try #require(RouterID(vector: "B"))
        let r = try #require(RouterID(vector: "R"))
        let prefix = WirePrefix.ipv6(try #require(Prefix("52d:dc0:ab0c:851a::/64")))
        let linkLocal = try #require(Prefix("fe80::1/128"))
        #expect(decoded["hello_513"] == .hello(Hello(seqno: Seqno(513))))
        #expect(decoded["ihu_initial_tcp4"] == .ihu(IHU(rxCost: Metric(1015))))
        #expect(
            decoded["ihu_v6addr_decode_only"]
                == .ihu(IHU(address: .ipv6(linkLocal), rxCost: Metric(100)))
        )
        #expect(
            decoded["update_learned_route"]
                == .update(
                    Update(seqno: Seqno(7), metric: Metric(1030), prefix: prefix, routerID: b)
                )
        )
        #expect(
            decoded["update_retraction"]
                == .update(Update(seqno: Seqno(3), metric: .infinite, prefix: prefix, routerID: r))
        )
        #expect(
            decoded["route_request_gen1"]
                == .routeRequest(RouteRequest(generation: 1, prefix: prefix))
        )
        #expect(
            decoded["route_request_wildcard"]
                == .routeRequest(RouteRequest(generation: 0, prefix: .wildcard))
        )
        #expect(
            decoded["seqno_request_forwarded"]
                == .seqnoRequest(
                    SeqnoRequest(seqno: Seqno(8), hopCount: 63, routerID: b, prefix: prefix)
                )
        )
    }

    @Test func dataHeadersHaveTheFieldsTheyAreDescribedWith() throws {
        for vector in Vectors.derived.encryptedPayloads {
            let header = try DataHeader(Vectors.bytes(vector.framedPacket).span)
            #expect(header.source == IPv6Address(vector.dataPacketSrc), "\(vector.name)")
            #expect(header.destination == IPv6Address(vector.dataPacketDst), "\(vector.name)")
            #expect(header.hopLimit == vector.dataPacketHopLimitOnWire, "\(vector.name)")
            #expect(Int(header.bodyByteCount) == vector.rawDataLen, "\(vector.name)")
        }
    }

    @Test func everyDecryptedBodyComesOutAsItWentIn() throws {
        var kinds: Set<UserHeader.Kind> = []
        for (name, bytes) in Vectors.plaintexts {
            let header = try UserHeader(bytes.span)
            var result = [UInt8](repeating: 0xee, count: UserHeader.byteCount)
            var span = result.mutableSpan
            header.write(to: &span)
            let content = bytes.span.extracting(UserHeader.byteCount...)
            switch header.kind {
            case .ip:
                if !content.isEmpty { _ = try IPv6Header(content) }
                result.append(contentsOf: content)
            case .message:
                try MessagePacket(content).append(to: &result)
            case .icmp:
                let (report, body) = try OutOfBandReport.decode(content)
                report.append(quoting: content.extracting(body), to: &result)
            case .sessionInitiation, .sessionResponse, .sessionControl, .superPacket, .other:
                Issue.record("\(name) has no known type")
            }
            #expect(result == bytes, "\(name)")
            kinds.insert(header.kind)
        }
        #expect(kinds == [.ip, .message, .icmp])
    }

    @Test func everyMessagePacketComesOutAsItWentIn() throws {
        for vector in Vectors.derived.messagePackets {
            let bytes = Vectors.bytes(vector.inner)
            let packet = try MessagePacket(bytes.span)
            var result: [UInt8] = []
            packet.append(to: &result)
            #expect(result == bytes, "\(vector.name)")
            #expect(packet.isReply == vector.name.contains("reply"), "\(vector.name)")
        }
    }

    @Test func theBeaconComesOutAsItWentIn() throws {
        let vector = Vectors.derived.discoveryBeacon
        let live = try #require(Vectors.live.packets.first { $0.name == "discovery_beacon" })
        for text in [vector.datagram, live.hex] {
            let bytes = Vectors.bytes(text)
            let beacon = try DiscoveryBeacon(bytes.span)
            #expect(beacon.bytes == bytes)
            #expect(beacon.port == vector.tcpPort)
        }
        let beacon = try DiscoveryBeacon(Vectors.bytes(vector.datagram).span)
        #expect(beacon.routerID == RouterID(vector: "A"))
    }

    @Test func routerIDsPrintAsTheBasePrintsThem() {
        for vector in Vectors.derived.routerIds {
            #expect(RouterID(vector: vector.id)?.description == vector.printed)
        }
    }
}

extension RouterID {
    /// The router id with this name in the derived vectors.
    init?(vector name: String) {
        guard let vector = Vectors.derived.routerIds.first(where: { $0.id == name }),
            let beacon = try? DiscoveryBeacon(
                (Array("mycelium".utf8) + [0, 0] + Vectors.bytes(vector.routerId)).span
            )
        else { return nil }
        self = beacon.routerID
    }
}
