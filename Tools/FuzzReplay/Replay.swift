// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What a fuzzer does without libFuzzer.
///
/// SwiftPM links an ordinary executable with a symbol `NAME_main` as its `main`, which it expects
/// the compiler to emit for `@main` or `main.swift`. Neither can be in a fuzzer: libFuzzer brings a
/// `main` of its own. So each fuzzer has a function of that name, which calls this one; with
/// libFuzzer it is merely unused.
package enum Replay {
    /// Gives every file that the command line names to `run` once.
    ///
    /// `--mutate COUNT FILE...` then calls `mutate` with the files and the count.
    ///
    /// - Parameters:
    ///   - run: Takes one input.
    ///   - mutate: Makes inputs of the files and runs them; `nil` where that is not offered.
    /// - Returns: 0, or 1 when a file cannot be read.
    package static func files(
        _ run: ([UInt8]) -> Void,
        mutate: ((_ corpus: [[UInt8]], _ count: Int) -> Void)? = nil
    ) -> CInt {
        var paths = CommandLine.arguments.dropFirst()
        var mutations: Int?
        if mutate != nil, paths.first == "--mutate" {
            mutations = paths.dropFirst().first.flatMap { Int($0) }
            paths = paths.dropFirst(2)
        }
        var corpus: [[UInt8]] = []
        for path in paths {
            guard let bytes = contents(of: path) else {
                print("cannot read \(path)")
                return 1
            }
            corpus.append(bytes)
            run(bytes)
        }
        print("\(paths.count) inputs replayed")
        if let mutations { mutate?(corpus, mutations) }
        return 0
    }

    /// The first MiB of a file, or `nil` when it cannot be opened.
    private static func contents(of path: String) -> [UInt8]? {
        // Safe: the handle is closed once; the buffer is as large as it is said to be.
        guard let file = unsafe fopen(path, "rb") else { return nil }
        defer { unsafe fclose(file) }
        return unsafe [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
            count = unsafe fread(buffer.baseAddress, 1, buffer.count, file)
        }
    }
}
