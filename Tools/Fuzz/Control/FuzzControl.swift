// SPDX-License-Identifier: Apache-2.0

/// The entry point of libFuzzer: the first byte selects a subject, the rest is its input.
///
/// The C function is `LLVMFuzzerTestOneInput` of clang's libFuzzer; 0 is "keep this input".
@c(LLVMFuzzerTestOneInput)
func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Safe: libFuzzer promises `count` readable bytes for the time of the call.
    let input = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    guard let selector = input.first else { return 0 }
    let rest = Array(input.dropFirst())
    Subject.all[Int(selector) % Subject.all.count].run(rest)
    return 0
}
