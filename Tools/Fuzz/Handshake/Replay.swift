// SPDX-License-Identifier: Apache-2.0
import FuzzReplay
import HyphaBase

/// The `main` of this program without libFuzzer: see ``Replay``.
@c(fuzz_handshake_main)
func replay(
    _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    Replay.files(run) { corpus, count in
        mutate(corpus, count: count)
        print("handshake: \(count) inputs")
    }
}

/// Runs inputs made from the corpus by a generator of known seed.
private func mutate(_ corpus: [[UInt8]], count: Int) {
    var random = SplitMix64(seed: 1)
    for _ in 0..<count {
        var bytes = corpus.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.insert(UInt8.random(in: 0 ... .max, using: &random), at: at)
            case 1: if at < bytes.count { bytes[at] = .random(in: 0 ... .max, using: &random) }
            case 2: if at < bytes.count { bytes.remove(at: at) }
            default:
                let other = corpus.randomElement(using: &random) ?? []
                bytes = Array(bytes[..<at]) + other.dropFirst(1).prefix(64)
            }
        }
        run(bytes)
    }
}
