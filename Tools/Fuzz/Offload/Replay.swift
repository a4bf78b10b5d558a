// SPDX-License-Identifier: Apache-2.0
import FuzzReplay

/// The `main` of this program without libFuzzer: see ``Replay``.
@c(fuzz_offload_main)
func replay(
    _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    Replay.files(run)
}
