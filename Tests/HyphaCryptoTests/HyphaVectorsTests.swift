// SPDX-License-Identifier: Apache-2.0
import HyphaBase
import HyphaBytes
import HyphaCrypto
import HyphaSession
import Testing

private struct Frames: Decodable {
    struct Transport: Decodable {
        let name: String
        let key: String
        let kind: UInt8
        let counter: String
        let content: String
        let body: String
        let frame: String
    }

    struct Body: Decodable {
        let name: String
        let key: String
        let receiver_index: UInt32
        let counter: String
        let plaintext: String
        let source: String
        let destination: String
        let body: String
    }

    let transport: [Transport]
    let session_bodies: [Body]
}

/// Sealed frames and bodies of our own protocol: computed with other code, and frozen.
@Suite struct HyphaVectorsTests {
    private let vectors: Frames

    init() throws { vectors = try Vectors.load("hypha/frames.json", as: Frames.self) }

    @Test(arguments: usableBackends) func framesAreReproduced(backend: CryptoBackend) throws {
        #expect(vectors.transport.count == 6)
        for vector in vectors.transport {
            let (frame, content) = try (bytes(vector.frame), bytes(vector.content))
            var cipher = try require(
                PacketCipher(key: secret(bytes(vector.key)), backend: backend)
            )
            let isRouted = vector.kind == 1
            var memory =
                try frame[..<16] + content + [UInt8](repeating: 0xcc, count: 16)
                + bytes(vector.body)
            var span = memory.mutableSpan
            let isSealed =
                isRouted
                ? TransportSeal.sealRouted(inPlace: &span, with: &cipher)
                : TransportSeal.seal(inPlace: &span, with: &cipher)
            #expect(isSealed, "\(vector.name)")
            #expect(Array(memory) == frame, "\(vector.name)")

            var again = memory.mutableSpan
            let isOpened =
                isRouted
                ? TransportSeal.openRouted(inPlace: &again, with: &cipher)
                : TransportSeal.open(inPlace: &again, with: &cipher)
            #expect(isOpened, "\(vector.name)")
            #expect(Array(memory[16..<16 + content.count]) == content, "\(vector.name)")
            #expect(try memory.suffix(bytes(vector.body).count) == bytes(vector.body)[...])
        }
    }

    @Test func changedFramesAreRefused() throws {
        for vector in vectors.transport {
            var cipher = try require(PacketCipher(key: secret(bytes(vector.key))))
            let frame = try bytes(vector.frame)
            let isRouted = vector.kind == 1
            for i in 0..<(isRouted ? 68 : frame.count) {
                var memory = frame
                memory[i] ^= 1
                var span = memory.mutableSpan
                let isOpened =
                    isRouted
                    ? TransportSeal.openRouted(inPlace: &span, with: &cipher)
                    : TransportSeal.open(inPlace: &span, with: &cipher)
                #expect(!isOpened, "\(vector.name) byte \(i)")
            }
        }
    }

    @Test func framesBelowTheSmallestAreRefusedUnchanged() throws {
        var cipher = try require(PacketCipher(key: secret([UInt8](repeating: 1, count: 32))))
        for count in 0..<68 {
            var memory = [UInt8](repeating: 7, count: count)
            var span = memory.mutableSpan
            var isDone = TransportSeal.sealRouted(inPlace: &span, with: &cipher)
            #expect(!isDone)
            isDone = TransportSeal.openRouted(inPlace: &span, with: &cipher)
            #expect(!isDone)
            guard count < 32 else { continue }
            isDone = TransportSeal.seal(inPlace: &span, with: &cipher)
            #expect(!isDone)
            isDone = TransportSeal.open(inPlace: &span, with: &cipher)
            #expect(!isDone)
            #expect(memory == [UInt8](repeating: 7, count: count))
        }
    }

    @Test(arguments: usableBackends) func bodiesAreReproduced(backend: CryptoBackend) throws {
        #expect(vectors.session_bodies.count == 3)
        for vector in vectors.session_bodies {
            let (body, plain) = try (bytes(vector.body), bytes(vector.plaintext))
            let addresses = try bytes(vector.source) + bytes(vector.destination)
            let counter = try #require(UInt64(vector.counter))
            let trailer = SessionBody.Trailer(
                receiverIndex: vector.receiver_index,
                counter: counter
            )
            let found = SessionBody.Trailer(of: body.span)
            #expect(found == trailer)
            #expect(SessionBody.plaintextByteCount(bodyByteCount: body.count) == plain.count)
            var cipher = try require(
                PacketCipher(key: secret(bytes(vector.key)), backend: backend)
            )
            var apart = [UInt8](repeating: 0, count: body.count)
            var span = apart.mutableSpan
            let isSealed = SessionBody.seal(
                plain.span,
                with: &cipher,
                trailer: trailer,
                addresses: addresses.span,
                into: &span
            )
            var inPlace = plain + [UInt8](repeating: 0xcc, count: 28)
            var placeSpan = inPlace.mutableSpan
            let isSealedInPlace = SessionBody.seal(
                inPlace: &placeSpan,
                with: &cipher,
                trailer: trailer,
                addresses: addresses.span
            )
            #expect(isSealed && isSealedInPlace, "\(vector.name)")
            #expect(apart == body, "\(vector.name)")
            #expect(inPlace == body, "\(vector.name)")

            var opened = [UInt8](repeating: 0, count: plain.count)
            var openedSpan = opened.mutableSpan
            let isOpened = SessionBody.open(
                body.span,
                with: &cipher,
                counter: counter,
                addresses: addresses.span,
                into: &openedSpan
            )
            var again = inPlace.mutableSpan
            let isOpenedInPlace = SessionBody.open(
                inPlace: &again,
                with: &cipher,
                counter: counter,
                addresses: addresses.span
            )
            #expect(isOpened && isOpenedInPlace, "\(vector.name)")
            #expect(opened == plain, "\(vector.name)")
            #expect(Array(inPlace[..<plain.count]) == plain, "\(vector.name)")
        }
    }

    @Test func changedBodiesAndAddressesAreRefused() throws {
        let vector = try #require(vectors.session_bodies.first)
        let body = try bytes(vector.body)
        let addresses = try bytes(vector.source) + bytes(vector.destination)
        var cipher = try require(PacketCipher(key: secret(bytes(vector.key))))
        // The index names the session, so another one is not a matter of the tag.
        for i in body.indices where !(body.count - 12..<body.count - 8).contains(i) {
            var memory = body
            memory[i] ^= 0x80
            let counter = SessionBody.Trailer(of: memory.span)?.counter ?? 0
            var span = memory.mutableSpan
            let isOpened = SessionBody.open(
                inPlace: &span,
                with: &cipher,
                counter: counter,
                addresses: addresses.span
            )
            #expect(!isOpened, "byte \(i)")
        }
        for i in addresses.indices {
            var memory = body
            var other = addresses
            other[i] ^= 1
            var span = memory.mutableSpan
            let isOpened = SessionBody.open(
                inPlace: &span,
                with: &cipher,
                counter: 0,
                addresses: other.span
            )
            #expect(!isOpened, "address byte \(i)")
        }
    }

    @Test func sizesThatDoNotFitAreRefusedUnchanged() throws {
        var cipher = try require(PacketCipher(key: secret([UInt8](repeating: 1, count: 32))))
        let trailer = SessionBody.Trailer(receiverIndex: 1, counter: 2)
        for (plain, room) in [(4, 31), (4, 33), (3, 31)] {
            let plaintext = [UInt8](repeating: 1, count: plain)
            let addresses = [UInt8](repeating: 0, count: 32)
            var memory = [UInt8](repeating: 7, count: room)
            var span = memory.mutableSpan
            let isSealed = SessionBody.seal(
                plaintext.span,
                with: &cipher,
                trailer: trailer,
                addresses: addresses.span,
                into: &span
            )
            #expect(!isSealed)
            #expect(memory == [UInt8](repeating: 7, count: room))
        }
        let addresses = [UInt8](repeating: 0, count: 32)
        for count in 0..<32 {
            var memory = [UInt8](repeating: 7, count: count)
            let found = SessionBody.Trailer(of: memory.span)
            #expect(found == nil)
            var span = memory.mutableSpan
            let isOpened = SessionBody.open(
                inPlace: &span,
                with: &cipher,
                counter: 0,
                addresses: addresses.span
            )
            #expect(!isOpened)
            #expect(memory == [UInt8](repeating: 7, count: count))
        }
    }
}
