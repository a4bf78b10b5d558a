// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaLinux
import Synchronization
import Testing

private final class Counter: Sendable {
    let value = Atomic<Int>(0)
}

private struct Owned: ~Copyable {
    let number: Int
    let counter: Counter

    deinit { counter.value.add(1, ordering: .sequentiallyConsistent) }
}

@Suite struct ThreadTests {
    @Test func joiningWaitsForTheBody() throws {
        let counter = Counter()
        let thread = try WorkerThread.start(name: "test") {
            for _ in 0..<1_000 { counter.value.add(1, ordering: .relaxed) }
        }
        thread.join()
        #expect(counter.value.load(ordering: .relaxed) == 1_000)
    }

    @Test func aThreadOwnsWhatItIsGivenAndEndsIt() throws {
        let counter = Counter()
        let seen = Counter()
        let thread = try WorkerThread.start(
            name: "test",
            owning: Owned(number: 5, counter: counter)
        ) { owned in
            seen.value.store(owned.number, ordering: .sequentiallyConsistent)
        }
        thread.join()
        #expect(seen.value.load(ordering: .sequentiallyConsistent) == 5)
        #expect(counter.value.load(ordering: .sequentiallyConsistent) == 1)
    }

    @Test func aThreadHasItsNameCutToFifteenBytes() throws {
        let done = try EventCounter(.blocking)
        let go = try EventCounter(.blocking)
        let thread = try WorkerThread.start(name: "a-name-of-twenty-byt") {
            done.signal()
            go.drain()
        }
        done.drain()
        let names = try onNewThread {
            // Another thread sees it among the process's threads.
            try threadNames()
        }
        go.signal()
        thread.join()
        #expect(names.contains("a-name-of-twent"))
    }

    @Test func aThreadCanBeBoundToAProcessorThatExists() throws {
        let wrong = try onNewThread { () -> SystemError? in
            try WorkerThread.pinCurrent(toProcessor: 0)
            do throws(SystemError) {
                try WorkerThread.pinCurrent(toProcessor: 1_000_000)
            } catch {
                return error
            }
            return nil
        }
        #expect(wrong == SystemError(operation: .pinThread, code: EINVAL))
    }

    @Test func aSignalFromAnotherThreadWakesAPoller() throws {
        let counter = try EventCounter()
        let poller = try Poller()
        try poller.add(counter.descriptor, token: 3, interest: .readable)
        let thread = try WorkerThread.start(name: "test") {
            counter.signal()
            counter.signal()
        }
        var events = PollEvents()
        poller.wait(into: &events, timeoutNanoseconds: 5_000_000_000)
        thread.join()
        #expect(events.count == 1)
        #expect(counter.drain() == 2)
        #expect(counter.drain() == 0)
    }

    @Test func blockedSignalsAreReadOneByOne() throws {
        // Directed at one thread, so that the other threads of the test process never see them.
        let seen = try onNewThread { () -> [ProcessSignal?] in
            let signals = try SignalDescriptor([.hangup, .user1])
            var seen = [signals.next()]
            pthread_kill(pthread_self(), SIGUSR1)
            pthread_kill(pthread_self(), SIGUSR1)
            pthread_kill(pthread_self(), SIGHUP)
            for _ in 0..<3 { seen.append(signals.next()) }
            return seen
        }
        #expect(seen.first == .some(nil))
        #expect(Set(seen.compactMap { $0 }) == [.hangup, .user1])
        #expect(seen.last == .some(nil))
    }

    private func threadNames() throws -> [String] {
        var names: [String] = []
        guard let folder = unsafe opendir("/proc/self/task") else { return [] }
        defer { unsafe closedir(folder) }
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard Int(name) != nil,
                let file = try? Descriptor.opening("/proc/self/task/\(name)/comm")
            else { continue }
            names.append(String(decoding: bytes(from: file).dropLast(), as: UTF8.self))
        }
        return names
    }
}
