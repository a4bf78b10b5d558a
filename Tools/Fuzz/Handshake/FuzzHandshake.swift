// SPDX-License-Identifier: Apache-2.0

/// The entry point of libFuzzer: the first byte says whether the network is private, the rest are
/// steps.
///
/// The C function is `LLVMFuzzerTestOneInput` of clang's libFuzzer; 0 is "keep this input".
@c(LLVMFuzzerTestOneInput)
func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // Safe: libFuzzer promises `count` readable bytes for the time of the call.
    let input = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    run(input)
    return 0
}

/// Gives one input to a new engine.
func run(_ bytes: [UInt8]) {
    var input = Input(bytes)
    var driver = Driver(isPrivate: input.byte() % 2 == 1)
    while !input.isEmpty { driver.step(&input) }
}
