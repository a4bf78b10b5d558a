// SPDX-License-Identifier: Apache-2.0
import HyphaPrimitives

/// `primitive-bench [COUNT]`: the median time of each operation in COUNT runs, microseconds.
@main
struct PrimitiveBench {
    static func main() {
        let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2000
        let d = [UInt8](repeating: 1, count: 32)
        let z = [UInt8](repeating: 2, count: 32)
        let m = [UInt8](repeating: 3, count: 32)
        guard let key = MLKEM768.generateKeyPair(d: d.span, z: z.span) else { return }
        let encapsulationKey = key.encapsulationKey
        guard let sent = MLKEM768.encapsulate(to: encapsulationKey.span, m: m.span) else { return }
        let ciphertext = sent.ciphertext

        measure("ML-KEM-768 key generation", count) {
            MLKEM768.generateKeyPair(d: d.span, z: z.span) != nil
        }
        measure("ML-KEM-768 encapsulation", count) {
            MLKEM768.encapsulate(to: encapsulationKey.span, m: m.span) != nil
        }
        measure("ML-KEM-768 decapsulation", count) { key.decapsulate(ciphertext.span) != nil }
        let block = [UInt8](repeating: 4, count: 135)
        measure("SHA3-256 of 135 bytes, one permutation", count) {
            Keccak.sha3Of256Bits(block.span).count == 32
        }
        let message = [UInt8](repeating: 5, count: 1024)
        measure("BLAKE3 of 1024 bytes", count) { BLAKE3.hash(message).count == 32 }
    }

    private static func measure(_ name: String, _ count: Int, _ body: () -> Bool) {
        let clock = ContinuousClock()
        var times: [Duration] = []
        for _ in 0..<max(1, count) {
            let start = clock.now
            let isDone = body()
            times.append(clock.now - start)
            guard isDone else {
                print("\(name): refused")
                return
            }
        }
        times.sort()
        print("\(name): \(times[times.count / 2].text) us, at best \(times[0].text) us")
    }
}

extension Duration {
    /// Microseconds with one decimal.
    fileprivate var text: String {
        let tenths = components.seconds * 10_000_000 + components.attoseconds / 100_000_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
