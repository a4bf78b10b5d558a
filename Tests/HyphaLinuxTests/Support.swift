// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaLinux
import Synchronization
import Testing

/// Whether tests may make network namespaces and interfaces; asked once, on a thread of its own.
let canMakeNamespaces: Bool = {
    (try? inNewNamespace { ProcessState.hasNetAdmin }) ?? false
}()

/// Whether the namespace of the process has a loopback interface that works.
let hasLoopback: Bool = {
    let interfaces = (try? Netlink().interfaces()) ?? []
    return interfaces.contains { $0.flags.isSuperset(of: [.loopback, .up]) }
}()

/// Why a test that needs a namespace is left out.
let namespaceReason: Comment = "needs CAP_SYS_ADMIN and CAP_NET_ADMIN: root, or `unshare -Urn`"

/// Runs `body` on a new thread in an empty network namespace, which ends with it.
///
/// Expectations belong outside: `body` runs on no test's task.
func inNewNamespace<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) throws -> Result {
    try onNewThread {
        try NetworkNamespace.enterNew()
        return try body()
    }
}

/// Runs `body` on a new thread and waits for it.
func onNewThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) throws -> Result {
    let box = ResultBox<Result>()
    let thread = try WorkerThread.start(name: "test") {
        let result = Swift.Result { try body() }
        box.value.withLock { $0 = result }
    }
    thread.join()
    return try #require(box.value.withLock { $0 }).get()
}

private final class ResultBox<Value: Sendable>: Sendable {
    let value = Mutex<Result<Value, any Error>?>(nil)
}

/// Both ends of a unix socket of a type.
struct SocketPair: ~Copyable {
    let first: Descriptor
    let second: Descriptor

    init(isBlocking: Bool = false) throws {
        var numbers: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue) | (isBlocking ? 0 : Int32(SOCK_NONBLOCK.rawValue))
        let result = unsafe socketpair(AF_UNIX, kind, 0, &numbers)
        try #require(result == 0)
        first = Descriptor(adopting: numbers[0])
        second = Descriptor(adopting: numbers[1])
    }

    consuming func closeFirst() -> Descriptor { second }
}

/// A new folder of this test's own; removed by the caller.
func makeFolder() throws -> String {
    var template = Array("/tmp/hypha-test-XXXXXX\0".utf8CString)
    let made = unsafe mkdtemp(&template)
    return unsafe String(cString: try #require(unsafe made))
}

/// Waits for an event, at most two seconds.
func isReady(
    _ descriptor: borrowing Descriptor,
    for interest: Poller.Interest = .readable,
    milliseconds: Int64 = 2_000
) throws -> Bool {
    let poller = try Poller()
    try poller.add(descriptor, token: 1, interest: interest)
    var events = PollEvents()
    poller.wait(into: &events, timeoutNanoseconds: milliseconds * 1_000_000)
    return events.count == 1
}

/// What is there to read, at most 4096 bytes.
func bytes(from descriptor: borrowing Descriptor) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    var span = buffer.mutableSpan
    guard case .count(let count) = descriptor.read(into: &span) else { return [] }
    return Array(buffer[..<count])
}
