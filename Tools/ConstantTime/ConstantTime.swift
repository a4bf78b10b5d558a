// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaPrimitives

/// `constant-time [--prove]`: runs ML-KEM under valgrind with every secret marked undefined, so that
/// valgrind reports each branch and each address that depends on one.
///
/// `--prove` branches on a secret, which must be reported: it shows that the check works.
@main
struct ConstantTime {
    private var passes = 0
    private var failures = 0

    static func main() {
        guard Secrecy.isWatched else {
            print("constant-time: runs under valgrind only, built with its headers")
            exit(2)
        }
        var program = ConstantTime()
        for seed in 1...3 as ClosedRange<UInt8> {
            guard program.run(seed: seed, isProof: CommandLine.arguments.contains("--prove")) else {
                print("constant-time: an operation was refused")
                exit(2)
            }
        }
        print("\(program.passes) passed, \(program.failures) failed")
        exit(program.failures == 0 ? 0 : 1)
    }

    /// Every operation once; `false` when one is refused.
    private mutating func run(seed: UInt8, isProof: Bool) -> Bool {
        let d = Secrecy.hidden([UInt8](repeating: seed, count: 32))
        let z = Secrecy.hidden([UInt8](repeating: seed &+ 60, count: 32))
        let m = Secrecy.hidden([UInt8](repeating: seed &+ 120, count: 32))

        var seeds = [UInt8](repeating: 0, count: 64)
        var output = seeds.mutableSpan
        MLKEM768.expandSeed(d.span, into: &output)
        // What the matrix is made from is a part of the public key.
        Secrecy.reveal(seeds, 0..<32)
        guard let key = MLKEM768.generateKeyPair(expanded: seeds.span, z: z.span) else {
            return false
        }
        let encapsulationKey = key.encapsulationKey
        Secrecy.reveal(encapsulationKey)

        guard let sent = MLKEM768.encapsulate(to: encapsulationKey.span, m: m.span) else {
            return false
        }
        let ciphertext = sent.ciphertext
        Secrecy.reveal(ciphertext)
        var changed = ciphertext
        changed[Int(seed) * 300] ^= 1

        let standard = key.encoded()
        Secrecy.reveal(standard, 1152..<2368)
        guard let again = MLKEM768.DecapsulationKey(standard.span),
            let received = key.decapsulate(ciphertext.span),
            let receivedAgain = again.decapsulate(ciphertext.span),
            let rejected = key.decapsulate(changed.span),
            let rejectedAgain = again.decapsulate(changed.span)
        else { return false }

        if isProof { judge(received[0] & 1 == 1) }
        for secret in [sent.sharedSecret, received, receivedAgain, rejected, rejectedAgain] {
            Secrecy.reveal(secret)
        }
        judge(received == sent.sharedSecret)
        judge(receivedAgain == received)
        judge(rejected != received)
        judge(rejectedAgain == rejected)
        return true
    }

    @inline(never)
    private mutating func judge(_ isRight: Bool) {
        if isRight { passes += 1 } else { failures += 1 }
    }
}
