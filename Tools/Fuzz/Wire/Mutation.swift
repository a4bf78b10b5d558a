// SPDX-License-Identifier: Apache-2.0
import HyphaBase

/// Gives every decoder the same number of inputs made from the seeds, at full speed.
///
/// libFuzzer chooses by coverage and favours the slow decoders; this is the other half: no
/// guidance, but a known count for each, ten million in a minute or two. A seed of the generator
/// repeats a run.
struct Mutation {
    private var random: SplitMix64
    /// Inputs of one decoder, without their first byte.
    private var seeds: [[[UInt8]]]

    /// - Parameters:
    ///   - corpus: Seeds as in `Corpus`: the first byte names the decoder.
    ///   - seed: Of the generator.
    init(corpus: [[UInt8]], seed: UInt64) {
        random = SplitMix64(seed: seed)
        seeds = Decoder.all.indices.map { index in
            corpus.filter { Int($0.first ?? 0) % Decoder.all.count == index }
                .map { Array($0.dropFirst()) }
        }
    }

    /// Runs all decoders.
    ///
    /// - Parameter count: Inputs for each.
    mutating func run(count: Int) {
        for (index, decoder) in Decoder.all.enumerated() {
            for _ in 0..<count { decoder.run(input(for: index)) }
            print("\(decoder.name): \(count) inputs")
        }
    }

    private mutating func input(for decoder: Int) -> [UInt8] {
        var bytes = seeds[decoder].randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, of: decoder) }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8], of decoder: Int) {
        guard !bytes.isEmpty else {
            bytes.append(UInt8.random(in: 0 ... .max, using: &random))
            return
        }
        let at = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[at] = UInt8.random(in: 0 ... .max, using: &random)
        case 2: bytes[at] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
        case 3: bytes.removeLast(bytes.count - at)
        case 4: bytes.insert(UInt8.random(in: 0 ... .max, using: &random), at: at)
        default:
            let other = seeds[decoder].randomElement(using: &random) ?? []
            bytes = Array(bytes[..<at]) + other.suffix(max(0, other.count - at))
        }
    }
}
