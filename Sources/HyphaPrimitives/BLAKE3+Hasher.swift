// SPDX-License-Identifier: Apache-2.0

extension BLAKE3 {
    /// Takes the input in pieces of any size and gives output of any size.
    package struct Hasher: Sendable {
        private let key: Words8
        private let modeFlags: Flags
        private var chunk: Chunk
        /// Chaining values of complete subtrees not merged yet, the largest first; at most one for
        /// each bit of the chunk count, so 54 for 2⁶⁴ bytes (paper section 5.1.2).
        private var stack: [Words8] = []

        /// For the plain hash.
        package init() { self.init(key: initialisationVector, flags: []) }

        /// For the keyed hash.
        ///
        /// - Parameter key: Exactly 32 bytes, otherwise `nil`.
        package init?(key: Span<UInt8>) {
            guard key.count == byteCount else { return nil }
            var words = Words8(repeating: 0)
            for i in 0..<byteCount { words[i / 4] |= UInt32(key[i]) << UInt32(i % 4 * 8) }
            self.init(key: words, flags: .keyedHash)
        }

        /// For key derivation; the input is the key material.
        ///
        /// - Parameter context: Hard-coded, globally unique text that says what the key is for.
        package init(derivingFrom context: String) {
            var inner = Hasher(key: initialisationVector, flags: .deriveKeyContext)
            let text = Array(context.utf8)
            inner.update(text.span)
            let words = inner.root().compressed(extraFlags: .root)
            self.init(
                key: [
                    words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7],
                ],
                flags: .deriveKeyMaterial
            )
        }

        private init(key: Words8, flags: Flags) {
            self.key = key
            modeFlags = flags
            chunk = Chunk(key: key, counter: 0, flags: flags)
        }

        /// Takes the next piece of input, which may be empty.
        package mutating func update(_ bytes: Span<UInt8>) {
            var offset = 0
            while offset < bytes.count {
                // A full chunk is finished only when more input follows: the last one may be the
                // root and then carries another flag.
                if chunk.byteCount == chunkByteCount {
                    let chunkCount = chunk.counter + 1
                    push(chunk.node().nextChainingValue(), chunkCount: chunkCount)
                    chunk = Chunk(key: key, counter: chunkCount, flags: modeFlags)
                }
                let count = min(chunkByteCount - chunk.byteCount, bytes.count - offset)
                chunk.update(bytes, offset..<offset + count)
                offset += count
            }
        }

        /// Output of all input so far; the hasher can go on.
        ///
        /// - Parameters:
        ///   - byteCount: How many bytes are wanted.
        ///   - offset: Where in the extendable output to begin, bytes.
        /// - Returns: `byteCount` bytes.
        package func output(byteCount: Int, offset: UInt64 = 0) -> [UInt8] {
            var node = root()
            var result: [UInt8] = []
            result.reserveCapacity(byteCount)
            node.counter = offset / UInt64(blockByteCount)
            var skip = Int(offset % UInt64(blockByteCount))
            while result.count < byteCount {
                let words = node.compressed(extraFlags: .root)
                for i in skip..<blockByteCount where result.count < byteCount {
                    result.append(UInt8(truncatingIfNeeded: words[i / 4] >> UInt32(i % 4 * 8)))
                }
                skip = 0
                node.counter &+= 1
            }
            return result
        }

        /// Merges the subtrees that `value` completes and keeps the result (paper section 5.1.2).
        private mutating func push(_ value: Words8, chunkCount: UInt64) {
            var value = value
            var remaining = chunkCount
            while remaining & 1 == 0, let left = stack.popLast() {
                value = parent(left, value).nextChainingValue()
                remaining >>= 1
            }
            stack.append(value)
        }

        /// The root of the tree, before the root flag is set.
        private func root() -> Node {
            var node = chunk.node()
            for left in stack.reversed() { node = parent(left, node.nextChainingValue()) }
            return node
        }

        private func parent(_ left: Words8, _ right: Words8) -> Node {
            Node(
                chainingValue: key,
                block: [
                    left[0], left[1], left[2], left[3], left[4], left[5], left[6], left[7],
                    right[0], right[1], right[2], right[3], right[4], right[5], right[6], right[7],
                ],
                counter: 0,
                blockLength: UInt32(blockByteCount),
                flags: modeFlags.union(.parent)
            )
        }
    }

    /// A leaf of the tree while it is filled.
    private struct Chunk: Sendable {
        let counter: UInt64
        private var chainingValue: Words8
        private var block = Words16(repeating: 0)
        private var blockLength = 0
        private var blocksCompressed = 0
        private let flags: Flags

        init(key: Words8, counter: UInt64, flags: Flags) {
            chainingValue = key
            self.counter = counter
            self.flags = flags
        }

        var byteCount: Int { blocksCompressed * blockByteCount + blockLength }

        /// Takes `bytes[range]`, which must fit in the chunk.
        mutating func update(_ bytes: Span<UInt8>, _ range: Range<Int>) {
            var i = range.lowerBound
            while i < range.upperBound {
                if blockLength == blockByteCount {
                    chainingValue = node(isLast: false).nextChainingValue()
                    blocksCompressed += 1
                    block = Words16(repeating: 0)
                    blockLength = 0
                }
                if blockLength == 0, range.upperBound - i >= blockByteCount {
                    loadBlock(bytes.extracting(i..<i + blockByteCount))
                    i += blockByteCount
                } else {
                    block[blockLength / 4] |= UInt32(bytes[i]) << UInt32(blockLength % 4 * 8)
                    blockLength += 1
                    i += 1
                }
            }
        }

        /// Takes a whole block.
        private mutating func loadBlock(_ bytes: Span<UInt8>) {
            for i in 0..<16 {
                let low = UInt32(bytes[i * 4]) | UInt32(bytes[i * 4 + 1]) << 8
                let high = UInt32(bytes[i * 4 + 2]) | UInt32(bytes[i * 4 + 3]) << 8
                block[i] = low | high << 16
            }
            blockLength = blockByteCount
        }

        /// The last compression of the chunk as filled so far.
        func node() -> Node { node(isLast: true) }

        private func node(isLast: Bool) -> Node {
            var flags = flags
            if blocksCompressed == 0 { flags.insert(.chunkStart) }
            if isLast { flags.insert(.chunkEnd) }
            return Node(
                chainingValue: chainingValue,
                block: block,
                counter: counter,
                blockLength: UInt32(blockLength),
                flags: flags
            )
        }
    }
}
