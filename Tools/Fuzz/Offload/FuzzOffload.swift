// SPDX-License-Identifier: Apache-2.0

/// The entry point of libFuzzer: the first byte selects the subject, the rest is its input.
///
/// The C function is `LLVMFuzzerTestOneInput` of clang's libFuzzer; 0 is "keep this input".
@c(LLVMFuzzerTestOneInput)
func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Safe: libFuzzer promises `count` readable bytes for the time of the call.
    let input = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    run(input)
    return 0
}

/// Gives one input to its subject.
func run(_ bytes: [UInt8]) {
    guard let selector = bytes.first else { return }
    Subject.all[Int(selector) % Subject.all.count].run(Array(bytes.dropFirst()))
}
