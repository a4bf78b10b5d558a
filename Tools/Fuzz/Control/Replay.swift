// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Without libFuzzer: gives every file named to its subject once.
///
/// SwiftPM links an ordinary executable with this symbol as its `main`, which it expects the
/// compiler to emit for `@main` or `main.swift`. Neither can be here: libFuzzer brings a `main` of
/// its own, and with it this function is merely unused.
///
/// - Returns: 0, or 1 when a file cannot be read.
@c(fuzz_control_main)
func replay(
    _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    let paths = CommandLine.arguments.dropFirst()
    for path in paths {
        guard let bytes = contents(of: path) else {
            print("cannot read \(path)")
            return 1
        }
        // Safe: the buffer lives as long as the call.
        _ = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe fuzzOneInput(buffer.baseAddress, buffer.count)
        }
    }
    print("\(paths.count) inputs replayed")
    return 0
}

/// The first MiB of a file, or `nil` when it cannot be opened.
private func contents(of path: String) -> [UInt8]? {
    // Safe: the handle is closed once; the buffer is as large as it is said to be.
    guard let file = unsafe fopen(path, "rb") else { return nil }
    defer { unsafe fclose(file) }
    return unsafe [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
        count = unsafe fread(buffer.baseAddress, 1, buffer.count, file)
    }
}
