// SPDX-License-Identifier: Apache-2.0
import Glibc
import HyphaBase
import HyphaLinux
import Testing

/// The service manager's side: a unix datagram socket at a path, or abstract with `@`.
private struct NotifySocket: ~Copyable {
    let descriptor: Descriptor

    init(_ path: String) throws {
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = Descriptor(adopting: socket(AF_UNIX, kind, 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let length = socklen_t(2 + name.count + (name.first == 0 ? 0 : 1))
        let number = descriptor.rawValue
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(number, $0, length)
            }
        }
        try #require(result == 0)
    }

    func message() -> String { String(decoding: bytes(from: descriptor), as: UTF8.self) }
}

private func manager(_ variables: [String: String], processID: Int32 = 7) -> ServiceManager {
    ServiceManager(environment: { variables[$0] }, processID: processID)
}

@Suite struct ServiceManagerTests {
    @Test func noticesReachASocketAtAPath() throws {
        let folder = try makeFolder()
        let path = "\(folder)/notify"
        defer {
            unsafe unlink(path)
            unsafe rmdir(folder)
        }
        let socket = try NotifySocket(path)
        let service = manager(["NOTIFY_SOCKET": path])
        #expect(service.isPresent)
        try service.notify(.ready, .status("two\nlines"))
        #expect(socket.message() == "READY=1\nSTATUS=two lines")
        try service.notify(.watchdog)
        #expect(socket.message() == "WATCHDOG=1")
        try service.notify(.stopping)
        #expect(socket.message() == "STOPPING=1")
    }

    @Test func noticesReachAnAbstractSocket() throws {
        let name = "@hypha-test-\(getpid())"
        let socket = try NotifySocket(name)
        try manager(["NOTIFY_SOCKET": name]).notify(.reloading)
        let lines = socket.message().split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        let time = try #require(lines.last?.split(separator: "=").last.flatMap { Int64($0) })
        #expect(time > 0)
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)
    }

    @Test func aLongStatusIsCut() throws {
        let name = "@hypha-test-long-\(getpid())"
        let socket = try NotifySocket(name)
        let status = String(repeating: "x", count: 3 * Limits.serviceStatusBytesMax)
        try manager(["NOTIFY_SOCKET": name]).notify(.status(status))
        #expect(socket.message().utf8.count == Limits.serviceStatusBytesMax + 7)
    }

    @Test func withoutAManagerNothingHappens() throws {
        #expect(!manager([:]).isPresent)
        #expect(!manager(["NOTIFY_SOCKET": "relative"]).isPresent)
        try manager([:]).notify(.ready)
        #expect(throws: SystemError(operation: .notifyServiceManager, code: ENOENT)) {
            try manager(["NOTIFY_SOCKET": "/tmp/hypha-no-such-socket"]).notify(.ready)
        }
    }

    @Test func theWatchdogIsForTheProcessItNames() {
        #expect(manager(["WATCHDOG_USEC": "30000000"]).watchdogInterval == .seconds(30))
        let both = ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"]
        #expect(manager(both).watchdogInterval == .seconds(30))
        #expect(manager(both, processID: 8).watchdogInterval == nil)
        #expect(manager(["WATCHDOG_USEC": "x"]).watchdogInterval == nil)
        #expect(manager([:]).watchdogInterval == nil)
    }

    @Test func handedInSocketsHaveTheirNames() {
        let variables = ["LISTEN_FDS": "3", "LISTEN_PID": "7", "LISTEN_FDNAMES": "control:peer"]
        let sockets = manager(variables).activatedSockets
        #expect(sockets.map(\.name) == ["control", "peer", "unknown"])
        #expect(sockets.map(\.rawValue) == [3, 4, 5])
        #expect(manager(variables, processID: 8).activatedSockets == [])
        let many = ["LISTEN_FDS": "2000000000", "LISTEN_PID": "7"]
        #expect(manager(many).activatedSockets.count == Limits.activatedSocketsMax)
        let none = ["LISTEN_FDS": "-1", "LISTEN_PID": "7"]
        #expect(manager(none).activatedSockets == [])
    }
}

@Suite struct ProcessStateTests {
    @Test func theProcessUsesMemoryAndTime() throws {
        let usage = try ProcessState.usage()
        #expect(usage.residentBytes > 1 << 20)
        #expect(usage.processorTime > .zero)
        #expect(ProcessState.processID == getpid())
    }

    @Test func theLimitOfDescriptorsIsRaisedToTheHardOne() throws {
        #expect(try ProcessState.raiseDescriptorLimit() > 0)
        #expect(try ProcessState.raiseDescriptorLimit() == ProcessState.raiseDescriptorLimit())
    }

    @Test func anUnsetVariableIsNil() {
        #expect(Environment.value("HYPHA_NO_SUCH_VARIABLE") == nil)
        #expect(Environment.value("PATH")?.isEmpty == false)
    }
}
